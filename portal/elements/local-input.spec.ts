import { expect, test } from '@jest/globals';
import { fromLocalInput, toLocalInput } from './local-input.ts';

test.each(['2026-03-14T09:26:53.000Z', '2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'])(
  '%s is the same moment after a way through the field',
  (iso) => {
    expect(toLocalInput(iso, 'utc')).toBe(iso.slice(0, 19));
    expect(fromLocalInput(toLocalInput(iso, 'utc'), 'utc')).toBe(iso);
  },
);

test('a moment is the same after a way through the field in the zone of the browser', () => {
  // Not one that comes twice where clocks are set back.
  const iso = '2026-07-14T09:26:53.000Z';
  expect(fromLocalInput(toLocalInput(iso, 'local'), 'local')).toBe(iso);
});

test.each(['', 'tomorrow', '2026-13-45T99:99'])('%j is no moment', (text) => {
  expect(toLocalInput(text, 'utc')).toBe('');
  expect(fromLocalInput(text, 'utc')).toBeNull();
});
