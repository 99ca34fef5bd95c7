import { expect, test } from '@jest/globals';
import { nextStep } from './next-step.ts';

const now = 1_000_000;
const hold = (ms: number) => ({ kind: 'hold', until: now + ms });
const hop = (tier: string) => ({ kind: 'hop', tier });

test.each([
  [0, false, { kind: 'due' }],
  [-5_000, true, { kind: 'due' }],
  [1, false, hold(1)],
  [4_999, true, hold(4_999)],
  [5_000, false, hold(5_000)],
  [5_000, true, hop('5s')],
  [12_000, false, hold(5_000)],
  [29_999, false, hold(5_000)],
  [29_999, true, hop('5s')],
  [30_000, false, hop('30s')],
  [130_000, false, hop('2m')],
  [18 * 3_600_000, false, hop('6h')],
])('with %s ms left, in the way %s: %p', (restMs, isInTheWay, expected) => {
  expect(nextStep(now + restMs, now, isInTheWay)).toEqual(expected);
});
