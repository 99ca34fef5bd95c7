/** The apps, where they are to be reached from here: what each says of its own readiness, and what its clock says. */
import { maskedUrl } from '../../libs/runtime/masked-value.ts';
import { appNames, type AppName } from '../apps.ts';
import type { AppUrls } from './examination.ts';
import { ok, trouble, type Finding } from '../../libs/domain/system/finding.ts';
import { judgeClocks, judgeVersions, type ClockReading } from './judgements.ts';

const answerMs = 4_000;
/** The Date of an answer has no fractions (RFC 9110, section 5.6.7), and is made once a second. */
const dateErrorMs = 1_000;

type Examined =
  | {
      readonly isReached: true;
      readonly app: AppName;
      readonly finding: Finding;
      readonly clock: ClockReading | null;
      readonly version: string | null;
    }
  | { readonly isReached: false; readonly app: AppName };

export async function examineApps(urls: AppUrls): Promise<readonly Finding[]> {
  const examined = await Promise.all(appNames.map((app) => examineApp(app, urls[app])));
  const reached = examined.filter((app) => app.isReached);
  const unreached = examined.filter((app) => !app.isReached).map(({ app }) => app);
  const findings = reached.map(({ finding }) => finding);
  const [first] = unreached;
  if (first !== undefined) {
    // They may well run elsewhere; whether anybody consumes is asked of Kafka.
    const remedy =
      'start what is missing; if it runs elsewhere, say where with --apps=, or ask its /health/ready there';
    const says = `cannot be reached, for example at ${maskedUrl(urls[first])}: ${unreached.join(', ')}`;
    findings.push(trouble('apps', 'warning', says, remedy));
  }
  const versions = reached.flatMap(({ app, version }) => (version === null ? [] : [{ app, version }]));
  return [
    ...findings,
    ...judgeVersions(versions),
    ...judgeClocks(reached.map(({ clock }) => clock).filter((clock) => clock !== null)),
  ];
}

async function examineApp(app: AppName, url: string): Promise<Examined> {
  let report: { status: string; checks: Readonly<Record<string, string>> };
  let clock: ClockReading | null;
  let version: string | null;
  try {
    const askedAt = Date.now();
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(answerMs) });
    clock = clockOf(app, response.headers.get('date'), askedAt, Date.now());
    report = (await response.json()) as typeof report;
    version = await versionAt(url).catch(() => null);
  } catch {
    return { isReached: false, app };
  }
  const failing = Object.entries(report.checks).filter(([, said]) => said !== 'ok');
  if (failing.length === 0) return { isReached: true, app, version, clock, finding: ok('apps', `${app} is ready`) };
  const said = failing.map(([check, problem]) => `${check}: ${problem}`).join('; ');
  const remedy = 'docs/operations.md explains these words; the log of the app has the details';
  const finding = trouble('apps', 'error', `${app} is not ready: ${said}`, remedy);
  return { isReached: true, app, version, clock, finding };
}

/** Null: its metrics are elsewhere, or of a release that did not tell. */
async function versionAt(url: string): Promise<string | null> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(answerMs) });
  const text = await response.text();
  return /^webhooks_build_info\{.*\bversion="([^"]*)"/m.exec(text)?.[1] ?? null;
}

function clockOf(app: AppName, date: string | null, askedAt: number, answeredAt: number): ClockReading | null {
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) return null;
  return { what: app, aheadMs: at - (askedAt + answeredAt) / 2, errorMs: dateErrorMs + (answeredAt - askedAt) / 2 };
}
