import { expect, test } from '@jest/globals';
import { LogOrder } from './log-order.ts';

const wallNow = Date.UTC(2026, 0, 15);
const minuteMs = 60_000;

/** Stamps in minutes from now; out: which are believed, and which are in the way. */
function orderOf(stamps: readonly number[], isRoomy = true) {
  const records = stamps.map((minutes) => ({ timestampMs: wallNow + minutes * minuteMs }));
  const order = new LogOrder(records, wallNow, isRoomy);
  const places = [...records.keys()];
  return {
    believed: places.filter((index) => order.isBelieved({ timestampMs: wallNow + (stamps[index] ?? 0) * minuteMs })),
    inTheWay: places.filter((index) =>
      order.isInTheWay({ timestampMs: wallNow + (stamps[index] ?? 0) * minuteMs }, index),
    ),
  };
}

test.each([
  ['in order', [-90, -80, -70, -69.5], [0, 1, 2, 3], []],
  ['a minute apart', [-70, -71, -70, -71], [0, 1, 2, 3], []],
  ['one from the future', [360, -80, -79, -78], [1, 2, 3], [0]],
  ['one that is newer than what follows', [-80, -10, -79, -78.5], [0, 2, 3], [1]],
  ['the last one: it may be right, and others follow', [-80, -79, -78, -10], [0, 1, 2], []],
  ['the last one from the future', [-80, -79, -78, 10], [0, 1, 2], [3]],
  ['the last one behind: nothing is sent on for it', [-80, -79, -78, -200], [3], []],
  ['a single one', [-80], [0], []],
  ['a single one from the future', [80], [], [0]],
  ['none', [], [], []],
])('%s', (_name, stamps, believed, inTheWay) => {
  expect(orderOf(stamps)).toEqual({ believed, inTheWay });
});

test('with little room only the future is not believed', () => {
  expect(orderOf([-80, -10, 10, -78], false)).toEqual({ believed: [0, 1, 3], inTheWay: [2] });
});
