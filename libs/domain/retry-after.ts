/** Retry-After of an answer (RFC 9110, section 10.2.3): whole seconds, or a date in one of HTTP's three forms. */
import { retryDelayMsMax } from './retry.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const time = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
/** RFC 9110, section 5.6.7: IMF-fixdate, then the two obsolete forms that must still be understood. */
const dateForms = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
];

/**
 * Milliseconds to wait, 24 h at most; null when the value says nothing that can be kept:
 * zero, past, negative, fractional, or no date at all. `now` in Unix milliseconds.
 */
export function parseRetryAfter(value: string, now: number): number | null {
  const text = value.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : parseHttpDate(text, now) - now;
  return delayMs > 0 ? Math.min(delayMs, retryDelayMsMax) : null;
}

/** Unix milliseconds; NaN when it is no HTTP date. */
function parseHttpDate(text: string, now: number): number {
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
