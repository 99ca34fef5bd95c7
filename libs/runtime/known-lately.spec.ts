import { expect, test } from '@jest/globals';
import { KnownLately } from './known-lately.ts';

test('what was found is believed for a while, and asked for again after it', () => {
  let now = 0;
  const known = new KnownLately(2, 1_000, () => now);
  expect(known.has('a')).toBe(false);
  known.add('a');
  now = 999;
  expect(known.has('a')).toBe(true);
  now = 1_000;
  expect(known.has('a')).toBe(false);
  known.add('a');
  expect(known.has('a')).toBe(true);
});

test('the oldest goes when there are too many', () => {
  const known = new KnownLately(2, 1_000, () => 0);
  for (const id of ['a', 'b', 'a', 'c']) known.add(id);
  expect(['a', 'b', 'c'].map((id) => known.has(id))).toEqual([true, false, true]);
});
