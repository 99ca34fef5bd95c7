import { expect, test } from '@jest/globals';
import { noRows, resumed, rowsMax, withNewRows, type KeptRows } from './kept-rows.ts';

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

test('the newest is first', () => {
  const kept = withNewRows<number>(withNewRows<number>(noRows, [1, 2], false), [3], false);
  expect(kept).toEqual({ shown: [3, 2, 1], waiting: [], dropped: 0 });
});

test('while it is paused they wait, and come in order', () => {
  const paused = withNewRows<number>(withNewRows<number>(noRows, [1], false), [2, 3], true);
  expect(paused).toEqual({ shown: [1], waiting: [3, 2], dropped: 0 });
  expect(resumed(paused)).toEqual({ shown: [3, 2, 1], waiting: [], dropped: 0 });
});

test.each([false, true])('no more than so many are kept, and the oldest go (paused: %s)', (isPaused) => {
  let kept: KeptRows<number> = withNewRows<number>(noRows, numbers(0, rowsMax), false);
  kept = withNewRows(kept, numbers(rowsMax, 10), isPaused);
  expect(kept.shown.length + kept.waiting.length).toBe(rowsMax);
  expect(kept.dropped).toBe(10);
  expect(kept.shown.at(-1)).toBe(10);
  kept = withNewRows(kept, numbers(rowsMax + 10, 3 * rowsMax), isPaused);
  expect(kept.shown.length + kept.waiting.length).toBe(rowsMax);
  expect(resumed(kept).shown[0]).toBe(4 * rowsMax + 9);
});
