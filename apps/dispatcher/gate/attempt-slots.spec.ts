import { expect, test } from '@jest/globals';
import { AttemptSlots } from './attempt-slots.ts';
import { emptyLane } from '../lanes/lane.ts';
import type { LaneItem } from '../lanes/lane-item.ts';

const item = { value: Buffer.alloc(10) } as LaneItem;

function slotsAndLane() {
  const budget = { attemptBytes: { unknown: 1_000_000, quick: 1_000_000, slow: 1_000_000 } };
  const slots = new AttemptSlots({ maxInFlight: 100, maxSlow: 100, slowAfterMs: 500, budget });
  return { slots, lane: emptyLane('w', 'c', 'unknown', null) };
}

test('a webhook is quick after a short attempt, and slow once one is long', () => {
  const { slots, lane } = slotsAndLane();
  slots.end(slots.start(lane, item, 0));
  expect([lane.pace, slots.paceOf('w')]).toEqual(['quick', 'quick']);
  const long = slots.start(lane, item, 0);
  slots.markSlow(500);
  expect([lane.pace, slots.paceOf('w'), slots.slowInFlight]).toEqual(['slow', 'slow', 1]);
  slots.end(long);
  expect([lane.pace, slots.slowInFlight]).toEqual(['slow', 0]);
  slots.end(slots.start(lane, item, 1_000));
  expect(lane.pace).toBe('quick');
});

test('one short attempt makes no webhook quick while others of it are long', () => {
  const { slots, lane } = slotsAndLane();
  const long = [slots.start(lane, item, 0), slots.start(lane, item, 0)];
  slots.markSlow(600);
  slots.end(slots.start(lane, item, 600));
  expect([lane.pace, slots.paceOf('w')]).toEqual(['slow', 'slow']);
  for (const attempt of long) slots.end(attempt);
  slots.end(slots.start(lane, item, 700));
  expect([lane.pace, slots.paceOf('w'), slots.inFlight, slots.slowInFlight]).toEqual(['quick', 'quick', 0, 0]);
});
