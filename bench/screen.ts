/** Results on the screen, as tables. Pure. */
import { dearestFunctions } from './cpu-profile.ts';
import { isMet, type Figure, type Measured, type ScenarioResult } from './measured.ts';
import type { KeptResult } from './results.ts';
import type { KeptProfile } from './harness.ts';
import type { ProcessUsage } from './usage.ts';

const megabyte = 1_000_000;
const shownFunctions = 25;
const comparedRuns = 6;
const seriesHead = [
  '',
  'deliveries/s',
  'deliveries',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'max ms',
  'twice',
  'lost',
  'CPU ms each',
];

export function resultLines(name: string, result: ScenarioResult): readonly string[] {
  return [
    '',
    `── ${name} ${'─'.repeat(Math.max(0, 72 - name.length))}`,
    ...result.notes.map((note) => `   ${note}`),
    ...(result.series.length === 0 ? [] : tableLines([seriesHead, ...result.series.map(seriesRow)])),
    ...usageLines(result.series),
    '',
    ...result.figures.map(figureLine),
  ];
}

function figureLine(figure: Figure): string {
  const { name, value, unit, target } = figure;
  const said = `${name}: ${rounded(value)} ${unit}`;
  if (target === undefined) return `   · ${said}`;
  const aim = `${target.kind === 'atLeast' ? 'at least' : 'at most'} ${rounded(target.value)}`;
  return `   ${isMet(figure) ? '✓' : '✗'} ${said} (aim: ${aim})`;
}

function seriesRow(measured: Measured): readonly string[] {
  const { p50, p95, p99, max } = measured.latencyMs;
  return [
    measured.label,
    measured.perSecond.toFixed(0),
    String(measured.deliveries),
    ...[p50, p95, p99, max].map((value) => value.toFixed(1)),
    String(measured.duplicates),
    String(measured.losses),
    measured.cpuMsPerDelivery === null ? '–' : measured.cpuMsPerDelivery.toFixed(3),
  ];
}

/** CPU of a delivery, peak memory and longest step by process, a column a series; the load is shown, and counts for nothing. */
function usageLines(series: readonly Measured[]): readonly string[] {
  const names = [...new Set(series.flatMap(({ usage }) => usage.map(({ name }) => name)))];
  if (names.length === 0) return [];
  const isLoad = (name: string) =>
    series.some(({ usage }) => usage.some((used) => used.name === name && used.kind === 'load'));
  const ordered = [...names.filter((name) => !isLoad(name)), ...names.filter(isLoad)];
  const cellsOf = (name: string, show: (used: ProcessUsage, measured: Measured) => string) =>
    series.map((measured) => {
      const used = measured.usage.find((candidate) => candidate.name === name);
      return used === undefined ? '' : show(used, measured);
    });
  const table = (head: string, show: (used: ProcessUsage, measured: Measured) => string) =>
    tableLines([
      [head, ...series.map(({ label }) => label)],
      ...ordered.map((name) => [isLoad(name) ? `(${name})` : name, ...cellsOf(name, show)]),
    ]);
  return [
    '',
    ...table('CPU ms each', ({ cpuMs }, { deliveries }) => (cpuMs / Math.max(1, deliveries)).toFixed(3)),
    '',
    ...table('peak MB', ({ peakBytes }) => (peakBytes / megabyte).toFixed(0)),
    '',
    ...table('longest step, at most ms', ({ loopDelayMs }) => (loopDelayMs == null ? '' : String(loopDelayMs))),
  ];
}

/** This run, the last of them, beside the ones before it, series by series. */
export function comparisonLines(results: readonly KeptResult[]): readonly string[] {
  const shown = results.slice(-comparedRuns);
  if (shown.length < 2) return [];
  const labels = (shown.at(-1)?.series ?? []).map(({ label }) => label);
  return labels.flatMap((label) => {
    const rows = shown.flatMap(({ at, commit, series }) => {
      const same = series.find((candidate) => candidate.label === label);
      if (same === undefined) return [];
      const [, ...cells] = seriesRow(same);
      return [[`${at.slice(0, 16).replace('T', ' ')} ${commit}`, ...cells]];
    });
    return ['', ...tableLines([[`${label}, beside earlier runs`, ...seriesHead.slice(1)], ...rows])];
  });
}

export function profileLines({ name, file, profile }: KeptProfile): readonly string[] {
  const rows = dearestFunctions(profile, shownFunctions).map(({ name: place, selfMs }) => [selfMs.toFixed(0), place]);
  return [
    '',
    `   Profile of ${name} (${file}): own milliseconds`,
    ...rows.map(([ms = '', place = '']) => `${ms.padStart(10)}  ${place}`),
  ];
}

/** The first column to the left, the others to the right. */
function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `   ${cells.join('  ')}`.trimEnd();
  });
}

function rounded(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
