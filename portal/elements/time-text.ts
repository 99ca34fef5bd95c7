/** Times and durations in words. Pure: language, zone and the present are arguments. */

export type ZoneChoice = 'local' | 'utc';

export interface TimeStyle {
  readonly language: string;
  readonly zone: ZoneChoice;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf({ language, zone }: TimeStyle, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([language, zone, options]);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(language, { ...options, ...(zone === 'utc' && { timeZone: 'UTC' }) });
  formats.set(key, made);
  return made;
}

/** `30 Nov 2026, 14:03:22 GMT-3`: with its offset. */
export function absoluteTime(ms: number, style: TimeStyle, hasMilliseconds = false): string {
  return formatOf(style, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
    ...(hasMilliseconds && { fractionalSecondDigits: 3 }),
  }).format(ms);
}

/** `14:03:22`, for what is of today. */
export function timeOfDay(ms: number, style: TimeStyle): string {
  return formatOf(style, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms);
}

/** `12 Nov 14:03` */
export function shortTime(ms: number, style: TimeStyle): string {
  return formatOf(style, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(ms);
}

const units: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** `4 min ago`, `in 2 hr`. */
export function relativeTime(ms: number, now: number, language: string): string {
  const distance = ms - now;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  const [unit, size] = units.find(([, unitMs]) => Math.abs(distance) >= unitMs) ?? (['second', 1_000] as const);
  return format.format(Math.trunc(distance / size), unit);
}

/** `2 days`, `4 min 5 sec`, `350 ms`: the two largest units that are there. */
export function durationText(ms: number, language: string): string {
  const unitText = (value: number, unit: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
  if (ms < 1_000) return unitText(Math.max(0, Math.round(ms)), 'millisecond');
  let rest = Math.floor(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(unitText(count, unit));
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
