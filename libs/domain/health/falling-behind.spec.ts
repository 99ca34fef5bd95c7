import { describe, expect, test } from '@jest/globals';
import { isFallingBehind, lateAfter, type LateAttempts } from './falling-behind.ts';

/** Attempts as seconds at which they began, and for how many their delivery had waited. */
function lateOf(...attempts: readonly (readonly [atS: number, waitedS: number, attempt?: number])[]) {
  return attempts.reduce<LateAttempts | null>(
    (late, [atS, waitedS, attempt = 1]) =>
      lateAfter(late, { attempt, startedAt: atS * 1_000, deliveryCreatedAt: (atS - waitedS) * 1_000 }),
    null,
  );
}

describe('a run of late attempts', () => {
  test.each([
    ['none without an attempt', [], null],
    ['none while they begin within a minute', [[100, 60]], null],
    [
      'from the first late one to the last',
      [
        [100, 61],
        [130, 65],
        [160, 70],
      ],
      [100, 160],
    ],
    [
      'whatever the order in which they are known',
      [
        [160, 61],
        [100, 61],
      ],
      [100, 160],
    ],
    [
      'until one begins in time',
      [
        [100, 61],
        [130, 1],
      ],
      null,
    ],
    [
      'retries do not count',
      [
        [100, 61],
        [130, 500, 2],
        [131, 0, 2],
      ],
      [100, 100],
    ],
    ['nothing but retries', [[130, 500, 2]], null],
    [
      'a new one after five minutes without any',
      [
        [100, 61],
        [401, 61],
      ],
      [401, 401],
    ],
  ] as const)('%s', (_name, attempts, span) => {
    expect(lateOf(...attempts)).toEqual(span === null ? null : { since: span[0] * 1_000, lastAt: span[1] * 1_000 });
  });
});

test('what a pause held is late from its end on', () => {
  const outcome = { attempt: 1, startedAt: 200_000, deliveryCreatedAt: 0 };
  expect(lateAfter(null, outcome, 140_000)).toBeNull();
  expect(lateAfter(null, outcome, 139_999)).toEqual({ since: 200_000, lastAt: 200_000 });
});

describe('a webhook falls behind', () => {
  const late = { since: 100_000, lastAt: 160_000 };
  test.each([
    ['what waits is late, and so are its attempts for a minute', late, true, 200_000, true],
    ['not when nothing waits', late, false, 200_000, false],
    ['not while no attempt is late: what was sent is not known yet', null, true, 200_000, false],
    ['not while what gathered during a stand-still goes', { since: 100_000, lastAt: 159_999 }, true, 200_000, false],
    ['not when nothing was sent of late', late, true, 460_001, false],
  ])('%s', (_name, attempts, hasLateUntried, now, isBehind) => {
    expect(isFallingBehind(attempts, hasLateUntried, now)).toBe(isBehind);
  });
});
