/** Moments as people write them. Pure. */
import { CliFailure } from './failure.ts';

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `2h`, `7d` ago, or RFC 3339, as RFC 3339. @throws CliFailure usage */
export function timeOption(option: string, text: string, now: number): string {
  return moment(option, text, (spanMs) => now - spanMs, 'ago');
}

/** The same to come. @throws CliFailure usage */
export function timeAheadOption(option: string, text: string, now: number): string {
  return moment(option, text, (spanMs) => now + spanMs, 'from now');
}

function moment(option: string, text: string, timeOf: (spanMs: number) => number, which: string): string {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== '') return new Date(timeOf(Number(count) * (unitsMs[unit] ?? 0))).toISOString();
  const isTime = /^\d{4}-\d\d-\d\d([Tt ].*)?$/.test(text) && !Number.isNaN(Date.parse(text));
  if (isTime) return new Date(text).toISOString();
  throw new CliFailure(
    'usage',
    `--${option} takes a time such as 2026-03-14T09:26:53Z, or 15m, 2h, 7d ${which}, not '${text}'.`,
  );
}
