import { expect, test } from '@jest/globals';
import { holdMsMax, nextStep } from './next-step.ts';

const all = { inMemory: true, inPartition: true };
const noMemory = { inMemory: false, inPartition: true };
const noSpan = { inMemory: true, inPartition: false };
const hop = (tier: string) => ({ kind: 'hop', tier });

test.each([
  [0, all, { kind: 'due' }],
  [-5_000, noMemory, { kind: 'due' }],
  [1, all, { kind: 'hold' }],
  [4_999, noSpan, { kind: 'hold' }],
  [5_000, noSpan, hop('5s')],
  [5_000, noMemory, { kind: 'hold' }],
  [29_999, noMemory, { kind: 'hold' }],
  [30_000, noMemory, hop('30s')],
  [30_000, all, { kind: 'hold' }],
  [holdMsMax, all, { kind: 'hold' }],
  [holdMsMax + 1, all, hop('2m')],
  [18 * 3_600_000, all, hop('6h')],
])('with %s ms left and room %p: %p', (restMs, room, expected) => {
  expect(nextStep(1_000_000 + restMs, 1_000_000, room)).toEqual(expected);
});
