import { expect, test } from '@jest/globals';
import { nextStep } from './next-step.ts';

const now = 1_000_000;
const well = { isInTheWay: false, isRoomy: true };
const tight = { isInTheWay: false, isRoomy: false };
const inTheWay = { isInTheWay: true, isRoomy: true };
const hold = (ms: number) => ({ kind: 'hold', until: now + ms });
const hop = (tier: string) => ({ kind: 'hop', tier });

test.each([
  [0, well, { kind: 'due' }],
  [-5_000, inTheWay, { kind: 'due' }],
  [1, tight, hold(1)],
  [4_999, inTheWay, hold(4_999)],
  [5_000, tight, hold(5_000)],
  [5_000, inTheWay, hop('5s')],
  [29_999, tight, hold(5_000)],
  [29_999, inTheWay, hop('5s')],
  [30_000, tight, hop('30s')],
  [30_000, inTheWay, hop('30s')],
  [30_000, well, hold(5_000)],
  [120_000, well, hold(5_000)],
  [120_001, well, hop('2m')],
  [18 * 3_600_000, well, hop('6h')],
])('with %s ms left and %j: %j', (restMs, circumstances, expected) => {
  expect(nextStep(now + restMs, now, circumstances)).toEqual(expected);
});
