/**
 * Which alerts a running system sets off. In: what its apps told Prometheus before something happened, and after it. Out: the
 * alerts of deploy/prometheus that fire when it stays so for long enough. Rules are judged by promtool, over series that the apps
 * themselves made: names, labels, steps and units are theirs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { appNames, type AppName } from '../../stack/apps.ts';
import { scrapeText } from '../../stack/scrape.ts';
import { queries, ruleFiles } from './observability-files.ts';
import { parseQuery } from './prom-query.ts';
import { findPromtool } from './promtool.ts';
import { repositoryRoot } from './source-tree.ts';

/** Values by series, such as `webhooks_ready{app="monitor"}`. */
type Scraped = ReadonlyMap<string, string>;

interface Scraping {
  url(app: AppName): string;
}

const beforeMin = 10;
/** Longer than the longest range and pause of any rule, so that a counter's step is in it, and has passed. */
const afterMin = 80;

const promtool = findPromtool();
if (promtool === null) {
  process.stdout.write('promtool is neither in the path nor in .cache/promtool: which alerts fire is not asked.\n');
}

export class AlertWatch {
  private readonly system: Scraping;
  private readonly apps: readonly AppName[];
  private readonly before: Scraped;

  private constructor(system: Scraping, apps: readonly AppName[], before: Scraped) {
    this.system = system;
    this.apps = apps;
    this.before = before;
  }

  /** To be made while all is well. @param apps that are scraped */
  static async begin(system: Scraping, apps: readonly AppName[] = appNames): Promise<AlertWatch> {
    return new AlertWatch(system, apps, await scraped(system, apps));
  }

  /**
   * Of these, the ones that do not fire if what is now stays, or if what was counted since is counted in every minute. None where
   * promtool cannot be asked.
   */
  async silent(expected: readonly string[], then: 'stays' | 'goes on' = 'stays'): Promise<readonly string[]> {
    const firing = firingOf(this.before, await scraped(this.system, this.apps), then);
    return firing === null ? [] : expected.filter((alert) => !firing.has(alert));
  }
}

async function scraped(system: Scraping, apps: readonly AppName[]): Promise<Scraped> {
  const asked = new Set(queries().flatMap(({ expr }) => parseQuery(expr).selected.map(({ name }) => name)));
  const found = new Map<string, string>();
  for (const app of apps) {
    const text = await scrapeText(system.url(app)).catch(() => null);
    found.set(`up{job="webhooks",instance="${app}"}`, text === null ? '0' : '1');
    for (const line of (text ?? '').split('\n')) {
      const [, name = '', labels = '', value = ''] = /^([a-zA-Z_]\w*)(\{.*\})? (\S+)$/.exec(line) ?? [];
      if (asked.has(name)) found.set(`${name}${labels}`, value);
    }
  }
  return found;
}

/** Of a counter that goes on. */
function stepOf(name: string, before: Scraped, after: Scraped, then: 'stays' | 'goes on'): string {
  const step = Number(after.get(name) ?? 0) - Number(before.get(name) ?? 0);
  return then === 'goes on' && /_(total|bucket|count|sum)(\{|$)/.test(name) && step > 0 ? `+${step}` : '';
}

/** Null: there is no promtool. */
function firingOf(before: Scraped, after: Scraped, then: 'stays' | 'goes on'): ReadonlySet<string> | null {
  if (promtool === null) return null;
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const series = names.map((name) => ({
    series: name,
    values: `${before.get(name) ?? '_'}x${beforeMin} ${after.get(name) ?? '_'}${stepOf(name, before, after, then)}x${afterMin}`,
  }));
  const expr = `count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${afterMin}m]))`;
  const asked = [{ expr, eval_time: `${beforeMin + afterMin}m`, exp_samples: [] }];
  const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  try {
    const file = join(folder, 'test.yml');
    const test = { interval: '1m', input_series: series, promql_expr_test: asked };
    writeFileSync(
      file,
      stringify({
        rule_files: ruleFiles.map((path) => join(repositoryRoot, path)),
        evaluation_interval: '1m',
        tests: [test],
      }),
    );
    const { status, said } = promtool('test', 'rules', file);
    // It was asked for none, and says what it found instead.
    const found = [...said.matchAll(/\{alertname="(\w+)"\}/g)].map(([, alert = '']) => alert);
    if (status !== 0 && found.length === 0) throw new Error(`promtool: ${said}`);
    return new Set(found);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
