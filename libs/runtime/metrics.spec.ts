import { describe, expect, test } from '@jest/globals';
import { BoundedLabel, maskedId, Metrics } from './metrics.ts';

async function linesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('webhooks_'));
}

test('names get the prefix once, and every sample the name of the app', async () => {
  const metrics = new Metrics('fanout');
  metrics.counter('things_total', 'Things', ['kind']).inc({ kind: 'a' }, 2);
  metrics.counter('webhooks_others_total', 'Others').inc();
  expect(await linesOf(metrics)).toEqual([
    'webhooks_things_total{kind="a",app="fanout"} 2',
    'webhooks_others_total{app="fanout"} 1',
  ]);
});

test('#19 what is counted by a label set that was looked for once is shown at the next look', async () => {
  const metrics = new Metrics('x');
  const counter = metrics.counter('things_total', 'Things', ['kind']);
  const count = counter.of({ kind: 'a' });
  expect(await linesOf(metrics)).toEqual([]);
  count.add(1);
  count.add(2);
  counter.inc({ kind: 'a' });
  expect(await linesOf(metrics)).toEqual(['webhooks_things_total{kind="a",app="x"} 4']);
  expect(await linesOf(metrics)).toEqual(['webhooks_things_total{kind="a",app="x"} 4']);
  count.add(1);
  expect(await linesOf(metrics)).toEqual(['webhooks_things_total{kind="a",app="x"} 5']);
});

test('label sets that are known beforehand are there before their first step', async () => {
  const metrics = new Metrics('x');
  const counter = metrics.counter('things_total', 'Things', ['kind']);
  counter.inc({ kind: 'a' });
  counter.zero([{ kind: 'a' }, { kind: 'b' }]);
  expect(await linesOf(metrics)).toEqual([
    'webhooks_things_total{kind="a",app="x"} 1',
    'webhooks_things_total{kind="b",app="x"} 0',
  ]);
});

test.each([
  ['with labels', ['kind'], { kind: 'a' }],
  ['without', [], {}],
])('a gauge %s that was cleared is not shown: a 0 would be a lie', async (_what, names, labels) => {
  const metrics = new Metrics('x');
  const gauge = metrics.gauge('depth', 'Depth', names);
  gauge.set(3, labels);
  expect(await linesOf(metrics)).toHaveLength(1);
  gauge.clear();
  expect(await linesOf(metrics)).toEqual([]);
});

describe('what is measured in milliseconds', () => {
  const declared = () => {
    const metrics = new Metrics('x');
    metrics.ms.gauge('queue_age_seconds', 'Age', ['lane'], (gauge) => {
      gauge.set(1_500, { lane: 'main' });
    });
    const histogram = metrics.ms.histogram('latency_seconds', 'Latency', [5, 1_000]);
    histogram.observe(4);
    histogram.observe(300);
    const counter = metrics.ms.counter('time_seconds_total', 'Time', ['whose']);
    counter.inc({ whose: 'ours' }, 250);
    counter.of({ whose: 'ours' }).add(1_000);
    metrics.gauge('last_success_seconds', 'Unix time').set(7);
    return metrics;
  };
  const inSeconds = [
    'webhooks_queue_age_seconds{lane="main",app="x"} 1.5',
    'webhooks_latency_seconds_bucket{le="0.005",app="x"} 1',
    'webhooks_latency_seconds_bucket{le="1",app="x"} 2',
    'webhooks_latency_seconds_bucket{le="+Inf",app="x"} 2',
    'webhooks_latency_seconds_sum{app="x"} 0.304',
    'webhooks_latency_seconds_count{app="x"} 2',
    'webhooks_time_seconds_total{whose="ours",app="x"} 1.25',
    'webhooks_last_success_seconds{app="x"} 7',
  ];

  test('is told in seconds', async () => {
    expect(await linesOf(declared())).toEqual(inSeconds);
  });

  test('is told under its old name as well, where that is wanted', async () => {
    const metrics = declared();
    metrics.hasOldNames = true;
    expect(await linesOf(metrics)).toEqual([
      ...inSeconds,
      'webhooks_queue_age_ms{lane="main",app="x"} 1500',
      'webhooks_latency_ms_bucket{le="5",app="x"} 1',
      'webhooks_latency_ms_bucket{le="1000",app="x"} 2',
      'webhooks_latency_ms_bucket{le="+Inf",app="x"} 2',
      'webhooks_latency_ms_sum{app="x"} 304',
      'webhooks_latency_ms_count{app="x"} 2',
      'webhooks_time_ms_total{whose="ours",app="x"} 1250',
    ]);
    const text = await metrics.text();
    expect(text.match(/^# TYPE .*_ms/gm)).toEqual([
      '# TYPE webhooks_queue_age_ms',
      '# TYPE webhooks_latency_ms',
      '# TYPE webhooks_time_ms',
    ]);
    // As a scraper reads it: each metric begins with its help, and no line stands alone.
    for (const block of text.trimEnd().split('\n\n')) expect(block).toMatch(/^# HELP /);
  });
});

test('a label with values from outside is bounded', () => {
  const label = new BoundedLabel(2);
  expect(['a', 'b', 'c', 'a', 'd'].map((value) => label.of(value))).toEqual(['a', 'b', 'other', 'a', 'other']);
});

test.each([
  ['wh_01HZX4J6Q8', 'wh_0…J6Q8'],
  ['short', '****'],
])('%s is shown as %s', (id, masked) => {
  expect(maskedId(id)).toBe(masked);
});
