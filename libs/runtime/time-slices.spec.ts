import { expect, test } from '@jest/globals';
import { TimeSlices } from './time-slices.ts';

test('work goes on within its turn, then others come first', async () => {
  let now = 0;
  const turns = new TimeSlices(10, () => now);
  expect(turns.over()).toBeNull();
  now = 9.9;
  expect(turns.over()).toBeNull();
  now = 10;
  let others = 0;
  setImmediate(() => {
    others += 1;
  });
  await turns.over();
  expect(others).toBe(1);
  now = 19;
  expect(turns.over()).toBeNull();
});
