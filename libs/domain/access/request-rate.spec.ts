import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callersMax, RequestRate } from './request-rate.ts';

/** Times of requests that were let through. */
function passed(rate: RequestRate, times: readonly number[], caller = 'a'): number[] {
  return times.filter((now) => rate.take(caller, now) === null);
}

test('a burst goes through at once, then one for each interval', () => {
  const rate = new RequestRate({ perSecond: 10, burst: 3 });
  expect(passed(rate, [0, 0, 0, 0, 50, 99])).toEqual([0, 0, 0]);
  expect(passed(rate, [100, 100, 199, 200])).toEqual([100, 200]);
});

test('who is refused is told how long to wait, and then is let through', () => {
  const rate = new RequestRate({ perSecond: 2, burst: 1 });
  expect(rate.take('a', 1_000)).toBeNull();
  expect(rate.take('a', 1_100)).toBe(400);
  expect(rate.take('a', 1_499)).toBe(1);
  expect(rate.take('a', 1_500)).toBeNull();
});

test('one caller does not use up what another may', () => {
  const rate = new RequestRate({ perSecond: 1, burst: 1 });
  expect(rate.take('a', 0)).toBeNull();
  expect(rate.take('b', 0)).toBeNull();
  expect(rate.take('a', 0)).toBe(1_000);
});

test('0 is no limit and remembers nobody', () => {
  const rate = new RequestRate({ perSecond: 0, burst: 1 });
  expect(
    passed(
      rate,
      Array.from({ length: 1_000 }, () => 0),
    ),
  ).toHaveLength(1_000);
  expect(rate.size).toBe(0);
});

test('what is given back may be taken again', () => {
  const rate = new RequestRate({ perSecond: 1, burst: 2 });
  expect(passed(rate, [0, 0, 0])).toEqual([0, 0]);
  rate.giveBack('a');
  rate.giveBack('nobody');
  expect(passed(rate, [0, 0, 0])).toEqual([0]);
});

test('memory is bounded, and those who paused are forgotten first', () => {
  const rate = new RequestRate({ perSecond: 1, burst: 1 });
  for (let index = 0; index < callersMax; index += 1) rate.take(`old-${index}`, 0);
  rate.take('new', 2_000);
  expect(rate.size).toBe(1);
  for (let index = 0; index < 3 * callersMax; index += 1) rate.take(`at-once-${index}`, 2_000);
  expect(rate.size).toBe(callersMax);
});

test('no span of time lets more through than burst and rate allow', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), waits, (perSecond, burst, pauses) => {
      let now = 0;
      const times = passed(
        new RequestRate({ perSecond, burst }),
        pauses.map((pause) => (now += pause)),
      );
      times.forEach((from, first) => {
        times.slice(first).forEach((to, further) => {
          expect(further + 1).toBeLessThanOrEqual(burst + ((to - from) * perSecond) / 1000 + 1e-6);
        });
      });
    }),
  );
});

test('what is left is what would be let through, and when all of it is there again', () => {
  const rate = new RequestRate({ perSecond: 3, burst: 5 });
  expect(rate.left('a', 0)).toEqual({ requests: 5, fullInMs: 0 });
  for (let left = 4; left >= 0; left -= 1) {
    expect(rate.take('a', 0)).toBeNull();
    expect(rate.left('a', 0)?.requests).toBe(left);
  }
  expect(rate.take('a', 0)).not.toBeNull();
  expect(rate.left('a', 0)?.fullInMs).toBeCloseTo(5_000 / 3);
  expect(rate.left('a', 1_000)?.requests).toBe(3);
  expect(rate.left('a', 2_000)).toEqual({ requests: 5, fullInMs: 0 });
  expect(new RequestRate({ perSecond: 0, burst: 5 }).left('a', 0)).toBeNull();
});
