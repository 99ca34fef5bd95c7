/** Rules and dashboards ask for what is there: metrics of the reference, recorded series, labels that these have. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DispatchMetrics } from '../../apps/dispatcher/dispatch-metrics.ts';
import { FanoutMetrics } from '../../apps/fanout/fanout-metrics.ts';
import { ApiMetrics } from '../../apps/management-api/http/api-metrics.ts';
import { MonitorMetrics } from '../../apps/monitor/monitor-metrics.ts';
import { ProjectorMetrics } from '../../apps/projector/projector-metrics.ts';
import { SchedulerMetrics } from '../../apps/retry-scheduler/scheduler-metrics.ts';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { countLines } from '../../libs/runtime/app.module.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { dashboards, queries, ruleFiles, rules, ruleTests, testsOfRules } from './observability-files.ts';
import { parseQuery } from './prom-query.ts';
import { findPromtool } from './promtool.ts';
import { ReferenceDocument } from './reference-document.ts';
import { metricRows } from './reference-facts.ts';
import { parseMetrics } from '../../stack/scrape.ts';
import { sourceFiles } from './source-tree.ts';

/** As main.ts and module of each app make them. */
const declarations: Readonly<Record<string, (metrics: Metrics) => unknown>> = {
  every: (metrics) => [countLines(metrics), new ConsumerMetrics(metrics)],
  fanout: (metrics) => new FanoutMetrics(metrics),
  dispatcher: (metrics) => new DispatchMetrics(metrics, ''),
  'retry-scheduler': (metrics) => new SchedulerMetrics(metrics, ''),
  projector: (metrics) => new ProjectorMetrics(metrics, ''),
  'management-api': (metrics) => new ApiMetrics(metrics),
  monitor: (metrics) => new MonitorMetrics(metrics, ''),
};

/** Labels of each series that may be asked for. */
const series = new Map<string, ReadonlySet<string>>();
/** Of every series that is scraped. */
const scrapedLabels = ['app', 'job', 'instance'];

beforeAll(async () => {
  // Prometheus makes these itself.
  series.set('up', new Set(['job', 'instance']));
  series.set('ALERTS', new Set(['alertname', 'alertstate', 'severity', 'app', 'topic']));
  const own = metricRows().map(([name = '', kind = '', labels = '']) => ({ name, kind, labels: labels.split(', ') }));
  const others = parseMetrics(await new Metrics('any').text());
  const defaults = [...others].map(([name, { kind, samples }]) => ({
    name,
    kind,
    labels: samples.flatMap((sample) => Object.keys(sample.labels)),
  }));
  for (const { name, kind, labels } of [...own, ...defaults]) {
    const all = new Set([...labels, ...scrapedLabels]);
    if (kind === 'histogram') for (const part of ['sum', 'count']) series.set(`${name}_${part}`, all);
    if (kind === 'histogram') series.set(`${name}_bucket`, new Set([...all, 'le']));
    else series.set(name, all);
  }
  for (const { record, expr } of rules()) {
    if (record !== undefined) series.set(record, new Set(parseQuery(expr).grouping));
  }
});

test.each(queries())('$place asks for what is there', ({ expr }) => {
  const { selected, grouping } = parseQuery(expr);
  expect(selected.length).toBeGreaterThan(0);
  const unknown = selected.filter(({ name }) => !series.has(name)).map(({ name }) => name);
  expect(unknown).toEqual([]);
  const mislabelled = selected.flatMap(({ name, labels }) =>
    labels.filter((label) => series.get(name)?.has(label) !== true).map((label) => `${name}{${label}}`),
  );
  expect(mislabelled).toEqual([]);
  const known = new Set(selected.flatMap(({ name }) => [...(series.get(name) ?? [])]));
  expect(grouping.filter((label) => !known.has(label))).toEqual([]);
});

test('a query that asks for something else is found out', () => {
  expect(() => parseQuery('sum(rate(webhooks_ready[5m])')).toThrow('no PromQL');
  expect(parseQuery('sum by (app) (webhooks_reddy{topic="x"})')).toEqual({
    selected: [{ name: 'webhooks_reddy', labels: ['topic'] }],
    grouping: ['app'],
  });
  expect(series.has('webhooks_reddy')).toBe(false);
});

const takesLong = 'what it names lasts for longer than a test may take';
const takesMany = 'it wants more records or webhooks than a test may make';

/** Alerts that no spec with AlertWatch sees; deploy/prometheus/tests/rules.yml shows them over series that were written down. */
const onlyFromSeries: Readonly<Record<string, string>> = {
  WebhooksKafkaNotAcknowledging: takesMany,
  WebhooksSelfFenced:
    'the coordinator has to be silent for a session: libs/kafka/consumer/batch-consumer.spec.ts has one',
  WebhooksApiErrors: 'test/adapters/management-api/expensive-reads.spec.ts has such an answer',
  WebhooksCommitsFailing:
    'heartbeats have to be answered meanwhile: libs/kafka/consumer/committer.spec.ts has the wait',
  WebhooksDeliveriesLate: takesLong,
  WebhooksRetriesLate: takesLong,
  WebhooksBacklogUnread: takesMany,
  WebhooksConsumerLag: takesMany,
  WebhooksConsumerLagHigh: takesMany,
  WebhooksParkedGrowth: takesMany,
  WebhooksSigningFailed: 'apps/dispatcher/post.spec.ts has the outcome',
  WebhooksManyDisabled: takesMany,
  WebhooksDefect: 'it is a defect',
  WebhooksOutboxAge: takesLong,
  WebhooksPartitionAheadMissing: takesLong,
  WebhooksPartitionMissing: takesLong,
  WebhooksHousekeepingStale: takesLong,
  WebhooksSweepStale: takesLong,
  WebhooksClocksApart: 'libs/postgres/server/database-clock.spec.ts has the metric',
};

describe('every alert', () => {
  const alerts = rules().filter(({ alert }) => alert !== undefined);
  const fired = new Set(
    testsOfRules()
      .flatMap(({ promql_expr_test: checks }) => checks.flatMap(({ exp_samples: samples }) => samples))
      .map(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1]),
  );

  test.each(alerts)('$alert says how bad it is, what it is, and fires in a test', ({ alert, labels, annotations }) => {
    expect(labels?.['severity']).toMatch(/^(warning|critical)$/);
    expect(annotations?.['summary']).toBeTruthy();
    expect(annotations?.['description']).toBeTruthy();
    expect(fired.has(alert)).toBe(true);
  });

  test('fires over what a running system told, but for those that take hours, or what no test can bring about', () => {
    const specs = sourceFiles().filter(
      ({ path, text }) => /^test\/.*\.spec\.ts$/.test(path) && /alert-watch\.ts/.test(text),
    );
    const shown = alerts.filter(({ alert = '' }) => specs.some(({ text }) => text.includes(`'${alert}'`)));
    const names = [...shown.map(({ alert = '' }) => alert), ...Object.keys(onlyFromSeries)];
    expect(names.toSorted()).toEqual(alerts.map(({ alert = '' }) => alert).toSorted());
  });

  test('is explained in the operations manual, and no other is', () => {
    const explained = ReferenceDocument.read('operations.md')
      .rows('Alerts', 1)
      .map(([name]) => name);
    expect(explained).toEqual(alerts.map(({ alert }) => alert));
  });
});

test.each(dashboards())('the panels of $path have ids of their own and lie side by side', ({ panels }) => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect({ title, x, y, isTaken: taken.has(`${x},${y}`), isInside: x < 24 }).toMatchObject({
          isTaken: false,
          isInside: true,
        });
        taken.add(`${x},${y}`);
      }
    }
  }
});

/** A series that appears with its first step shows no increase, and the first burst would be missed. */
describe('what an alert counts is there from the start of its app on, or is looked for as new', () => {
  const recorded = rules().filter(({ record }) => record !== undefined);
  /** With what the series that it asks for are recorded from. */
  const wholeOf = (expr: string): string[] => [
    expr,
    ...parseQuery(expr).selected.flatMap(({ name }) =>
      recorded.filter(({ record }) => record === name).flatMap((rule) => wholeOf(rule.expr)),
    ),
  ];
  const counted = rules()
    .filter(({ alert }) => alert !== undefined)
    .flatMap(({ alert = '', expr }) =>
      wholeOf(expr).flatMap((part) =>
        [...part.matchAll(/\b(?:increase|rate)\((\w+)(\{[^}]*\})?\[(\w+)\]/g)].map(
          ([, name = '', matchers = '', span = '']) => ({
            alert,
            name,
            matchers,
            isHeeded:
              part.includes(`(${name}${matchers} unless ${name}${matchers} offset ${span})`) ||
              // A part of the whole: what is missed of it makes the alert sound earlier.
              part.includes(`+ (sum(rate(${name}${matchers}[${span}])) or vector(0))`),
          }),
        ),
      ),
    );

  test('and there are such alerts', () => {
    expect(counted.filter(({ isHeeded }) => !isHeeded).length).toBeGreaterThanOrEqual(12);
    expect(counted.map(({ alert }) => alert)).toContain('WebhooksApiErrors');
    expect(new Set(counted.filter(({ isHeeded }) => isHeeded).map(({ alert }) => alert))).toEqual(
      new Set(['WebhooksAllFailing', 'WebhooksEventsRejected', 'WebhooksManyDisabled']),
    );
  });

  test.each(counted.filter(({ isHeeded }) => !isHeeded))('$alert: $name$matchers', async ({ name, matchers }) => {
    const wanted = [...matchers.matchAll(/(\w+)="([^"]*)"/g)];
    const found = [];
    for (const [app, declare] of Object.entries(declarations)) {
      const metrics = new Metrics(app);
      declare(metrics);
      const all = parseMetrics(await metrics.text());
      const metric = all.get(name) ?? all.get(name.replace(/_(bucket|sum|count)$/, ''));
      if (metric === undefined) continue;
      found.push(
        metric.samples.filter(({ labels }) => wanted.every(([, label = '', value]) => labels[label] === value)),
      );
    }
    expect(found).not.toEqual([]);
    for (const matching of found) {
      expect(matching.length).toBeGreaterThan(0);
      expect(matching.map(({ value }) => value)).toEqual(matching.map(() => 0));
    }
  });
});

describe('promtool', () => {
  const promtool = findPromtool();
  const run = (...args: string[]) => promtool?.(...args);

  if (promtool === null) {
    process.stdout.write(
      'promtool is neither in the path nor in .cache/promtool (Debian: package prometheus): what it would say of the rules is not asked.\n',
    );
  }
  const asked = promtool === null ? test.skip : test;

  asked('accepts the configuration and the rules', () => {
    expect(run('check', 'config', 'deploy/prometheus/prometheus.yml')).toEqual({ status: 0, said: '' });
    expect(run('check', 'rules', ...ruleFiles)).toEqual({ status: 0, said: '' });
  });

  asked('sees every alert fire when it should, and no other', () => {
    expect(run('test', 'rules', ruleTests)).toEqual({ status: 0, said: '' });
  });
});
