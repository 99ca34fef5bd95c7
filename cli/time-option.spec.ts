import { expect, test } from '@jest/globals';
import { timeAheadOption, timeOption } from './time-option.ts';

const now = Date.parse('2026-03-14T12:00:00Z');

test.each([
  ['90s', '2026-03-14T11:58:30.000Z'],
  ['15m', '2026-03-14T11:45:00.000Z'],
  ['2h', '2026-03-14T10:00:00.000Z'],
  ['7d', '2026-03-07T12:00:00.000Z'],
  ['2026-03-14', '2026-03-14T00:00:00.000Z'],
  ['2026-03-14T13:00:00+02:00', '2026-03-14T11:00:00.000Z'],
])('%s', (text, moment) => {
  expect(timeOption('from', text, now)).toBe(moment);
});

test.each(['', 'yesterday', '5', '1w', '-1h', '2026-13-01', '99999999d'])('%j is refused', (text) => {
  expect(() => timeOption('from', text, now)).toThrow(/--from takes a time/);
});

test('the same is said of what is to come', () => {
  expect(timeAheadOption('until', '2h', now)).toBe('2026-03-14T14:00:00.000Z');
  expect(timeAheadOption('until', '2026-03-15', now)).toBe('2026-03-15T00:00:00.000Z');
  expect(() => timeAheadOption('until', 'tomorrow', now)).toThrow(/from now/);
});
