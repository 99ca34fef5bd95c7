/**
 * Retry-After of an answer (RFC 9110, section 10.2.3): whole seconds, or a date in one of HTTP's three forms. Beside them what
 * servers write by mistake: a fraction of seconds, a Unix time in seconds or milliseconds, milliseconds, a unit behind the number,
 * quotes, the header twice (the longest wish counts), and dates of RFC 3339 or with an offset.
 */
import { retryDelayMsMax } from './retry.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const time = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
/** RFC 9110, section 5.6.7: IMF-fixdate, then the two obsolete forms that must still be understood. */
const dateForms = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
];

/** Of a header that is there so often, no more are looked at. */
const textsMax = 8;
const dateWithOffset =
  /^(?:\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)|[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4})$/;
const yearMs = 366 * 86_400_000;
/** The year 2001; as a delay, more than thirty years. */
const unixSecondsMin = 1_000_000_000;

/**
 * Milliseconds to wait, 24 h at most; null when the value says nothing that can be kept:
 * zero, past, negative, or no date at all. `now` in Unix milliseconds.
 */
export function parseRetryAfter(value: string, now: number): number | null {
  // Of a header that is there twice; a comma is in dates too.
  const texts = /^[^A-Za-z]*,/.test(value) ? value.split(',') : [value];
  const delaysMs = texts.slice(0, textsMax).map((text) => delayIn(text.trim().replace(/^"(.*)"$/, '$1'), now));
  const delayMs = Math.max(...delaysMs.filter((one) => one > 0), 0);
  return delayMs > 0 ? Math.min(delayMs, retryDelayMsMax) : null;
}

/** NaN: it says nothing. */
function delayIn(text: string, now: number): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|secs?|seconds?|m|mins?|minutes?)?$/i.exec(text) ?? [];
  if (number === undefined) return parseHttpDate(text, now) - now;
  if (unit === '') return delayOf(Number(number), now);
  const unitMs = /^ms$/i.test(unit) ? 1 : /^s/i.test(unit) ? 1000 : 60_000;
  return Math.ceil(Number(number) * unitMs);
}

function delayOf(number: number, now: number): number {
  const whole = Math.ceil(number);
  // No delay is as long as the time since 1970: this is a moment.
  if (whole > unixSecondsMin && Math.abs(whole * 1000 - now) < yearMs) return whole * 1000 - now;
  if (whole > unixSecondsMin && Math.abs(whole - now) < yearMs) return whole - now;
  return isInMilliseconds(whole) ? whole : whole * 1000;
}

/**
 * Whole seconds written in milliseconds: 10000 and 60000 are so, since nobody asks for 2.8 or 16.7 hours in round thousands of
 * seconds. 36000 is ten hours: what is whole hours of a day at most is taken for seconds.
 */
function isInMilliseconds(number: number): boolean {
  if (number < 10_000 || number % 1000 !== 0) return false;
  return number % 3600 !== 0 || number > 86_400;
}

/** Unix milliseconds; NaN when it is no date. */
function parseHttpDate(text: string, now: number): number {
  if (dateWithOffset.test(text)) return Date.parse(text);
  for (const form of dateForms) {
    const parts = form.exec(text)?.groups;
    if (parts === undefined) continue;
    const month = months.indexOf(parts['month'] ?? '');
    const day = Number(parts['day']);
    const clock = [Number(parts['hour']), Number(parts['minute']), Number(parts['second'])] as const;
    if (month < 0 || clock[0] > 23 || clock[1] > 59 || clock[2] > 60) return NaN;
    const year = fullYear(parts['year'] ?? '', now);
    const midnight = new Date(Date.UTC(year, month, day));
    // Date.UTC turns the 31st of April into the 1st of May.
    return midnight.getUTCDate() === day ? Date.UTC(year, month, day, ...clock) : NaN;
  }
  return NaN;
}

/** A year of two digits is the one that lies no more than 50 years ahead (RFC 9110, section 5.6.7). */
function fullYear(digits: string, now: number): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
