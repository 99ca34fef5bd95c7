/** Results on the screen, as tables. Pure. */
import { dearestFunctions } from './cpu-profile.ts';
import { isMet, type Figure, type Measured, type WorkResult } from './measured.ts';
import type { KeptProfile } from './rig.ts';

const megabyte = 1_000_000;
const shownFunctions = 25;
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

export function resultLines(name: string, result: WorkResult): readonly string[] {
  return [
    '',
    `── ${name} ${'─'.repeat(Math.max(0, 72 - name.length))}`,
    ...result.notes.map((note) => `   ${note}`),
    ...(result.series.length === 0 ? [] : tableLines([seriesHead, ...result.series.map(seriesRow)])),
    ...result.series.flatMap(usageLines),
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

/** CPU and memory by process; the load is shown, and counts for nothing. */
function usageLines({ label, usage, deliveries }: Measured): readonly string[] {
  const rows = usage.map(({ name, kind, cpuMs, peakBytes }) => [
    kind === 'load' ? `(${name})` : name,
    (cpuMs / Math.max(1, deliveries)).toFixed(3),
    cpuMs.toFixed(0),
    (peakBytes / megabyte).toFixed(0),
  ]);
  return ['', ...tableLines([[`${label}:`, 'CPU ms each', 'CPU ms', 'peak MB'], ...rows])];
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
