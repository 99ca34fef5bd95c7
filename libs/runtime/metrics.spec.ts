import { expect, test } from '@jest/globals';
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
