import { expect, test } from '@jest/globals';
import { atMost } from './measured.ts';
import { chartsOf } from './charts.ts';
import { plotSvg } from './plot.ts';
import type { KeptResult } from './results.ts';

const run = (perSecond: number, label = 'all well'): KeptResult => ({
  scenario: 'siege',
  at: '2026-01-01T00:00:00.000Z',
  commit: 'abc',
  machine: '2 × CPU',
  series: [
    {
      label,
      events: { from: 0, to: 10 },
      deliveries: 10,
      seconds: 1,
      perSecond,
      latencyMs: { count: 10, p50: 1, p95: 2, p99: 3, max: 4 },
      duplicates: 0,
      losses: 0,
      cpuMsPerDelivery: null,
      appsPeakBytes: 0,
      usage: [],
    },
  ],
  figures: [atMost(1.25, 'p99 <against> all well', 1.1, 'times'), { name: 'raw limit', value: 9, unit: '' }],
  notes: [],
});

test('a panel has a value of every run that has one', () => {
  const charts = chartsOf([run(50), run(60, 'another label'), run(70)]);
  expect(charts.map(({ title }) => title)).toEqual([
    'deliveries',
    'p99, produce call to POST',
    'CPU of a delivery',
    'p99 <against> all well',
  ]);
  expect(charts[0]?.lines).toEqual([{ label: 'all well', values: [50, null, 70] }]);
  expect(charts[2]?.lines).toEqual([{ label: 'all well', values: [null, null, null] }]);
  expect(charts[3]).toMatchObject({ aim: 1.25, lines: [{ values: [1.1, 1.1, 1.1] }] });
});

test('a scenario without series shows all of its figures', () => {
  const charts = chartsOf([{ ...run(1), series: [] }]);
  expect(charts.map(({ title }) => title)).toEqual(['p99 <against> all well', 'raw limit']);
});

test('no run is no panel', () => {
  expect(chartsOf([])).toEqual([]);
});

test('the picture has a point for each value and escapes what people wrote', () => {
  const svg = plotSvg('siege & co', chartsOf([run(50), run(70)]), ['first', 'second']);
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  expect(svg).toContain('siege &amp; co');
  expect(svg).toContain('p99 &lt;against&gt; all well');
  expect(svg.match(/<circle /g)).toHaveLength(6);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('one run alone is drawn too', () => {
  expect(plotSvg('siege', chartsOf([run(50)]), ['first'])).not.toMatch(/NaN|Infinity/);
});
