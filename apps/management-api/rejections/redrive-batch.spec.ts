import { expect, test } from '@jest/globals';
import { placeKey } from '../../../libs/kafka/fetch/records-at.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import type { DueRedrive } from '../../../libs/postgres/rejections/redrive-store.ts';
import { redriveBatch } from './redrive-batch.ts';

const due = (partition: number, offset: number): DueRedrive => ({
  ...{ id: `re-${partition}-${offset}`, partition, offset },
  ...{ sourceTopic: 'shop.orders', sourcePartition: 0, sourceOffset: offset },
});

function rejected(partition: number, offset: number, sourceOffset = offset): KafkaRecord {
  const headers = { reason: 'missing_id', 'source-topic': 'shop.orders', 'source-partition': '0', ce_id: 'e-1' };
  const all = { ...headers, 'source-offset': String(sourceOffset) };
  return {
    ...{ topic: 'platform.events.rejected', partition, offset, timestampMs: 5 },
    ...{ key: Buffer.from('k'), value: Buffer.from([0xff, 1]) },
    headers: Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

test('what is there goes out as it came; what is gone, or is another by now, does not; what was not asked is left', async () => {
  const records = new Map([rejected(0, 1), rejected(0, 3, 99)].map((one) => [placeKey(one), one]));
  const { sending, failed } = await redriveBatch([due(0, 1), due(0, 2), due(0, 3), due(1, 4)], {
    read: () => Promise.resolve({ records, unread: new Map([[1, new Error('no leader')]]) }),
    topic: 'platform.events',
  });
  const problem = 'platform.events.rejected does not have it any more';
  expect(failed).toEqual([
    { id: 're-0-2', problem },
    { id: 're-0-3', problem },
  ]);
  expect(sending.map(({ id }) => id)).toEqual(['re-0-1']);
  const written = sending.map(({ record }) => record);
  expect(written).toMatchObject([{ topic: 'platform.events', value: Buffer.from([0xff, 1]), key: Buffer.from('k') }]);
  const { headers = {} } = written[0] ?? {};
  expect(headers['ce_id']?.toString()).toBe('e-1');
  expect([headers['redriven-topic'], headers['redriven-offset'], headers['redriven-count']]).toEqual([
    'shop.orders',
    '1',
    '1',
  ]);
  expect(headers).not.toHaveProperty('reason');
});
