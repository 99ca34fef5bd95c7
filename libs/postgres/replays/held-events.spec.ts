import { expect, test } from '@jest/globals';
import { settledHeld } from './held-events.ts';

const held = (seq: number, sourceOffset: number, sourcePartition = 0) => ({
  ...{ eventKey: `key-${seq}`, seq: String(seq), receivedAtMs: 0, sourceTopic: 'platform.events' },
  ...{ sourcePartition, sourceOffset },
});

test('of what waits that is settled which was there, or came before that from its partition', () => {
  const rows = [held(1, 10), held(7, 11), held(3, 12), held(8, 13), held(9, 5, 1)];
  expect(settledHeld(rows, '3').map(({ sourceOffset }) => sourceOffset)).toEqual([10, 11, 12]);
  expect(settledHeld(rows, '0')).toEqual([]);
});
