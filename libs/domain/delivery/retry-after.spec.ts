import { expect, test } from '@jest/globals';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.UTC(2026, 0, 15, 12, 0, 0);
const dayMs = 86_400_000;

test.each([
  ['seconds', '120', 120_000],
  ['one second', '1', 1000],
  ['blanks around', ' 7 ', 7000],
  ['no wait at all', '0', null],
  ['exactly a day', '86400', dayMs],
  ['more than a day', '86401', dayMs],
  ['far more than fits', '9'.repeat(40), dayMs],
  ['so many digits that they are infinite', '9'.repeat(400), dayMs],
  ['a negative number', '-5', null],
  ['#14 a fraction, rounded up', '1.5', 2000],
  ['#14 less than a second', '0.493', 1000],
  ['no wait at all, as a fraction', '0.0', null],
  ['#14 a minute in milliseconds', '60000', 60_000],
  ['#14 ten seconds in milliseconds', '10000', 10_000],
  ['#14 an hour in milliseconds', '3600000', 3_600_000],
  ['#14 a quarter of an hour in milliseconds', '900000', 900_000],
  ['ten hours in seconds', '36000', 36_000_000],
  ['five thousand seconds', '5000', 5_000_000],
  ['a day and a half in seconds', '129600', dayMs],
  ['#14 a Unix time in seconds', String(now / 1000 + 30), 30_000],
  ['#14 a Unix time in milliseconds', String(now + 30_000), 30_000],
  ['#14 a Unix time with a fraction', `${now / 1000 + 29}.25`, 30_000],
  ['#14 a Unix time that is over', String(now / 1000 - 30), null],
  ['a fraction without its end', '1.', null],
  ['hexadecimal', '0x10', null],
  ['an exponent', '1e3', null],
  ['words', 'soon', null],
  ['nothing', '', null],
  ['two values', '5, 10', null],
  ['an IMF date', 'Thu, 15 Jan 2026 12:00:30 GMT', 30_000],
  ['an RFC 850 date', 'Thursday, 15-Jan-26 12:01:00 GMT', 60_000],
  ['an asctime date', 'Thu Jan 15 12:00:05 2026', 5000],
  ['an asctime date with a day of one digit', 'Mon Feb  2 12:00:00 2026', dayMs],
  ['a date now', 'Thu, 15 Jan 2026 12:00:00 GMT', null],
  ['a past date', 'Thu, 15 Jan 2026 11:59:59 GMT', null],
  ['an RFC 850 date of the last century', 'Thursday, 15-Jan-94 12:01:00 GMT', null],
  ['a date past a day', 'Sun, 18 Jan 2026 12:00:00 GMT', dayMs],
  ['a date that is none', 'Thu, 31 Apr 2026 12:00:00 GMT', null],
  ['a month that is none', 'Thu, 15 Foo 2026 12:00:00 GMT', null],
  ['an hour that is none', 'Thu, 15 Jan 2026 24:00:00 GMT', null],
  ['another zone', 'Thu, 15 Jan 2026 13:00:30 CET', null],
  ['an ISO date', '2026-01-15T12:01:00Z', null],
  ['a year alone', '2027', 2_027_000],
])('%s: %j', (_what, value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});
