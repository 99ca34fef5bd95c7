import { expect, test } from '@jest/globals';
import { eventIdOf, eventNumberOf, stampIn } from './event-stamp.ts';

const body = (id: string) => Buffer.from(`{"id":"${id}","type":"bench.w1","data":{}}`);

test.each([
  { number: 0, sentAtMs: 0 },
  { number: 12, sentAtMs: 1_234.567 },
  { number: 99_999_999, sentAtMs: 987_654_321_012.345 },
])('what is stamped is read back: %p', (stamp) => {
  const read = stampIn(body(eventIdOf(stamp)));
  expect(read?.number).toBe(stamp.number);
  expect(read?.sentAtMs).toBeCloseTo(stamp.sentAtMs, 3);
  expect(eventNumberOf(eventIdOf(stamp))).toBe(stamp.number);
});

test.each([['{}'], ['{"id":"e-1","type":"order.created","data":{"long":"enough to hold a stamp"}}']])(
  '%s has none',
  (text) => {
    expect(stampIn(Buffer.from(text))).toBeNull();
  },
);

test('an id of somebody else has no number', () => {
  expect(eventNumberOf('e-1')).toBeNull();
});
