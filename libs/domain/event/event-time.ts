/**
 * The `time` of an event in the spellings that producers use. In: an attribute. Out: Unix milliseconds, or null.
 * RFC 3339 as CloudEvents asks for it, and beside it: without seconds, a blank for the T, a comma before the fraction, offsets as
 * `+0000` or `+00`, `GMT` and `UTC`, the basic form of ISO 8601 (`20261130T100000Z`), leap seconds, the zone that Java adds in brackets, the date of HTTP, what
 * `Date` prints in JavaScript and (in UTC) in Java, `/Date(…)/` of .NET, and a count of seconds, milli-, micro- or nanoseconds. A time without any offset is nobody's: it may be of any zone.
 */
import { recordTimeOf } from './record-time.ts';

const iso =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,18}))? ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)(?: UTC| GMT)?(?:\[[\w/+:-]{1,64}\])?$/;
const basic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(.*)$/;
const httpDate = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (GMT|UTC|[+-]\d{4})$/;
const scriptDate = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4}) (\d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \(.{1,64}\))?$/;
const javaDate = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC) (\d{4})$/;
const netDate = /^\/Date\((\d{9,19})(?:[+-]\d{4})?\)\/$/;
const count = /^\d{9,19}(\.\d{1,9})?$/;

export function eventTimeOf(value: unknown): number | null {
  if (typeof value === 'number') return recordTimeOf(value);
  if (typeof value !== 'string') return null;
  const text = value.replace(basic, '$1-$2-$3T$4:$5:$6$7');
  const [, date, minutes, seconds = ':00', fraction = '0', offset] = iso.exec(text) ?? [];
  if (date !== undefined) {
    // Date.parse turns the 30th of February into the 2nd of March.
    if (new Date(`${date}T00:00:00Z`).getUTCDate() !== Number(date.slice(8))) return null;
    if (seconds !== ':60') return parsed(`${date}T${minutes}${seconds}.${fraction.slice(0, 3)}${offsetOf(offset)}`);
    // RFC 3339, section 5.7: it is counted as the second behind it.
    const before = parsed(`${date}T${minutes}:59.000${offsetOf(offset)}`);
    return before === null ? null : before + 1000;
  }
  const printed = value.replace(scriptDate, '$2 $1 $3 $4 $5').replace(javaDate, '$2 $1 $4 $3 GMT');
  if (printed !== value || httpDate.test(value)) return parsed(printed);
  const counted = value.replace(netDate, '$1');
  return count.test(counted) ? recordTimeOf(Number(counted)) : null;
}

function parsed(text: string): number | null {
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? null : timeMs;
}

function offsetOf(text = ''): string {
  if (!/^[+-]/.test(text)) return 'Z';
  const digits = text.slice(1).replace(':', '').padEnd(4, '0');
  return `${text.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
