import { expect, test } from '@jest/globals';
import type { KafkaRecord } from '../record.ts';
import { PositionLostError, StoredPositions } from './stored-positions.ts';

const record = (partition: number, offset: number): KafkaRecord => ({
  topic: 't',
  partition,
  offset,
  timestampMs: 0,
  key: null,
  value: null,
  headers: {},
});
const at = (partition: number, nextOffset: number) => ({ topic: 't', partition, nextOffset });

function positions(...stored: { topic: string; partition: number; nextOffset: number }[]): StoredPositions {
  const tracked = new StoredPositions();
  tracked.assign(stored);
  return tracked;
}

test('records bring each partition from its position to behind the last of them', () => {
  const { fresh, steps } = positions(at(0, 5), at(1, 0)).plan([record(0, 5), record(1, 0), record(0, 8)]);
  expect(fresh).toHaveLength(3);
  expect(steps).toEqual([
    { topic: 't', partition: 0, from: 5, to: 9 },
    { topic: 't', partition: 1, from: 0, to: 1 },
  ]);
});

test('what was applied, and what was fetched twice, is left out', () => {
  const tracked = positions(at(0, 5));
  const { fresh, steps } = tracked.plan([4, 5, 6, 5, 6, 7].map((offset) => record(0, offset)));
  expect(fresh.map(({ offset }) => offset)).toEqual([5, 6, 7]);
  tracked.advance(steps);
  expect(tracked.plan([record(0, 7)])).toEqual({ fresh: [], steps: [] });
});

test('another member that was ahead is followed', () => {
  const tracked = positions(at(0, 5));
  tracked.correct([at(0, 7)]);
  expect(tracked.plan([5, 6, 7].map((offset) => record(0, offset))).steps).toEqual([
    { topic: 't', partition: 0, from: 7, to: 8 },
  ]);
});

test('a store that is behind is a reason to begin anew', () => {
  expect(() => {
    positions(at(0, 5)).correct([at(0, 3)]);
  }).toThrow(PositionLostError);
});

test('a record of a partition that was never assigned is a mistake in the program', () => {
  expect(() => positions().plan([record(0, 0)])).toThrow('never assigned');
});
