import { expect, test } from '@jest/globals';
import { IndexProgress } from './index-progress.ts';

const nothing = { blocksDone: 0, blocksTotal: 0, tuplesDone: 0, tuplesTotal: 0 };

function percentagesOf(states: readonly (readonly [phase: string, counts: Partial<typeof nothing>])[]): number[] {
  const progress = new IndexProgress();
  return states.map(([phase, counts]) => progress.percentOf({ ...nothing, phase, ...counts }));
}

test('a build goes on through its phases, whose counts begin anew, and is at 99 before it is done', () => {
  expect(
    percentagesOf([
      ['initializing', {}],
      ['waiting for writers before build', {}],
      ['building index: scanning table', { blocksDone: 0, blocksTotal: 200 }],
      ['building index: scanning table', { blocksDone: 100, blocksTotal: 200 }],
      ['building index: sorting live tuples', { blocksDone: 200, blocksTotal: 200 }],
      ['building index: loading tuples in tree', { blocksDone: 200, blocksTotal: 200, tuplesTotal: 1_000 }],
      ['building index: loading tuples in tree', { tuplesDone: 500, tuplesTotal: 1_000 }],
      ['waiting for writers before validation', {}],
      ['index validation: scanning index', { blocksDone: 10, blocksTotal: 10 }],
      ['index validation: sorting tuples', {}],
      ['index validation: scanning table', { blocksDone: 100, blocksTotal: 200 }],
      ['index validation: scanning table', { blocksDone: 200, blocksTotal: 200 }],
      ['waiting for old snapshots', {}],
    ]),
  ).toEqual([0, 0, 0, 22, 45, 45, 55, 65, 70, 70, 84, 99, 99]);
});

test('it never falls and never passes 99, whatever the counts are', () => {
  expect(
    percentagesOf([
      ['building index: scanning table', { blocksDone: 300, blocksTotal: 200 }],
      ['building index: scanning table', { blocksDone: 10, blocksTotal: 200 }],
      ['building index', { blocksDone: 1, blocksTotal: 2 }],
      ['index validation: scanning table', { blocksDone: 9, blocksTotal: 3 }],
      ['index validation: scanning index', { blocksDone: 1, blocksTotal: 3 }],
    ]),
  ).toEqual([45, 45, 45, 99, 99]);
});
