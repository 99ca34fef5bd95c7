import { expect, test } from '@jest/globals';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { Behind, placeOf } from './behind.ts';

const lease = { topic: 'outcomes', partition: 3 } as RecordBatch['lease'];
const place = placeOf(lease);
const noon = Date.parse('2026-03-10T12:00:00Z');

function setup() {
  const clock = { ms: 0 };
  const behind = new Behind(
    () => noon + clock.ms,
    () => clock.ms,
  );
  const saw = (highWatermark: number) => {
    behind.saw({ lease, records: [], fetchedOffset: 0, nextOffset: 0, highWatermark });
  };
  return { behind, clock, saw };
}

test('at the end of the partition it is behind by the time since that was looked at', () => {
  const { behind, clock, saw } = setup();
  saw(100);
  clock.ms = 700;
  expect(behind.behindMs(place, 100, noon - 3_600_000)).toBe(700);
});

test('before the end it is behind by the age of what it knows', () => {
  const { behind, saw } = setup();
  saw(100);
  expect(behind.behindMs(place, 60, noon - 3_600_000)).toBe(3_600_000);
  saw(5_000);
  expect(behind.behindMs(place, 100, noon - 20)).toBe(20);
});

test('a record from ahead of the clock hides no fetch that is long ago', () => {
  const { behind, clock, saw } = setup();
  saw(100);
  clock.ms = 90_000;
  expect(behind.behindMs(place, 60, noon + 3_600_000)).toBe(90_000);
});

test('of what was never fetched nothing is known', () => {
  const { behind } = setup();
  expect(behind.behindMs(place, 1, noon)).toBe(Infinity);
});
