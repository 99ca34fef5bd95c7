import { expect, test } from '@jest/globals';
import type { RetryDelivery } from '../../libs/domain/delivery/delivery.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { RetryFrames } from '../../libs/wire/retry-frame.ts';
import { RetryWriter } from './retry-writer.ts';
import type { WaitingRetry } from './scheduler-options.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

function ignore(): void {
  // Who wants to know names the indexes.
}

/** Retries are their JSON here; the codec is tested where it is kept. */
function writerOver(append: (records: readonly OutgoingRecord[]) => Promise<void>): RetryWriter {
  return new RetryWriter({
    sink: { append },
    retries: {
      decode: (value) => JSON.parse(value.toString()) as RetryDelivery,
      encode: (value) => Buffer.from(JSON.stringify(value)),
    },
    deliveries: { encode: (delivery) => Buffer.from(JSON.stringify(delivery)) },
    // JSON is in no schema: the long way.
    frames: new RetryFrames({ retry: 1, delivery: 2 }),
    topics: { deliveries: 'deliveries', rejected: 'rejected', tier: (name) => `tier.${name}` },
    metrics: new SchedulerMetrics(new Metrics('retry-writer-test'), ''),
    logger: silent,
    now: () => 2_000,
  });
}

function retry(webhookId: string, tier: WaitingRetry['tier'] = null): WaitingRetry {
  const value = Buffer.from(JSON.stringify({ webhookId, attempt: 2, notBefore: 1_000 }));
  return { dueAt: 1_000, notBefore: null, value, headers: { h: Buffer.from('1') }, tier };
}

function shown({ topic, key, value }: OutgoingRecord) {
  return [topic, key, value === null ? null : String(value)];
}

test('what is due goes back to its lane without its date; what goes on waiting stays as it is', async () => {
  const written: OutgoingRecord[] = [];
  const writer = writerOver((records) => Promise.resolve(void written.push(...records)));
  await writer.passOn([retry('w-1'), retry('w-2', '30s')], ignore);
  expect(written.map(shown)).toEqual([
    ['deliveries', 'w-1', '{"webhookId":"w-1","attempt":2}'],
    ['tier.30s', 'w-2', '{"webhookId":"w-2","attempt":2,"notBefore":1000}'],
  ]);
  expect(written[0]?.headers).toEqual({ h: Buffer.from('1') });
  expect(writer.notBeforeOf(retry('w-1').value)).toBe(1_000);
});

test('what goes on waiting for another moment than it says itself says so from now on', async () => {
  const written: OutgoingRecord[] = [];
  const writer = writerOver((records) => Promise.resolve(void written.push(...records)));
  await writer.passOn(
    [
      { ...retry('w-1', '2m'), notBefore: 8_000.25 },
      { ...retry('w-2'), notBefore: 8_000 },
    ],
    ignore,
  );
  expect(written.map(shown)).toEqual([
    ['tier.2m', 'w-1', '{"webhookId":"w-1","attempt":2,"notBefore":8001}'],
    ['deliveries', 'w-2', '{"webhookId":"w-2","attempt":2}'],
  ]);
});

test('what Kafka refuses is set aside; what came with it is written', async () => {
  const written: OutgoingRecord[] = [];
  const writer = writerOver((records) => {
    if (records.some(({ topic, key }) => topic === 'deliveries' && key === 'w-2')) {
      return Promise.reject(new RecordRefusedError('too large'));
    }
    return Promise.resolve(void written.push(...records));
  });
  await writer.passOn([retry('w-1'), retry('w-2'), retry('w-3')], ignore);
  expect(written.map(({ topic, key }) => [topic, key])).toEqual([
    ['deliveries', 'w-1'],
    ['deliveries', 'w-3'],
    ['rejected', 'w-2'],
  ]);
  expect(written[2]?.headers).toMatchObject({
    reason: 'payload_too_large',
    detail: 'a retry that its topic does not take',
    'source-topic': 'deliveries',
  });
});

test('what is refused everywhere leaves at least its headers', async () => {
  const written: OutgoingRecord[] = [];
  const writer = writerOver((records) => {
    if (records.some(({ value }) => value !== null)) return Promise.reject(new RecordRefusedError('too large'));
    return Promise.resolve(void written.push(...records));
  });
  await writer.passOn([retry('w-1')], ignore);
  expect(written.map(shown)).toEqual([['rejected', 'w-1', null]]);
});

test('a record that cannot be read is set aside as it came', async () => {
  const written: OutgoingRecord[] = [];
  const writer = writerOver((records) => Promise.resolve(void written.push(...records)));
  const at = { topic: 'tier.5s', partition: 3, offset: 9, timestampMs: 0 };
  const record: KafkaRecord = { ...at, key: Buffer.from('w'), value: Buffer.from('{'), headers: {} };
  await writer.setAside(record, new Error('no Avro'));
  expect(written).toEqual([
    {
      topic: 'rejected',
      key: record.key,
      value: record.value,
      headers: {
        reason: 'unparsable',
        detail: expect.any(String),
        'source-topic': 'tier.5s',
        'source-partition': '3',
        'source-offset': '9',
      },
    },
  ]);
});

test('when nothing can be written any more, that is said', async () => {
  const writer = writerOver(() => Promise.reject(new Error('closed')));
  await expect(writer.passOn([retry('w-1')], ignore)).rejects.toThrow('closed');
});

test('what is acknowledged is told at once, whatever came with it waits for', async () => {
  let leads: () => void = () => undefined;
  const leader = new Promise<void>((resolve) => {
    leads = resolve;
  });
  const appended: (string | null)[] = [];
  const writer = writerOver((records) => {
    appended.push(...records.map(({ key }) => (key === null ? null : String(key))));
    return records.some(({ key }) => key === 'w-2') ? leader : Promise.resolve();
  });
  const told: number[] = [];
  const all = writer.passOn([retry('w-1'), retry('w-2'), retry('w-3')], (index) => told.push(index));
  await new Promise(setImmediate);
  expect(appended).toEqual(['w-1', 'w-2', 'w-3']);
  expect(told).toEqual([0, 2]);
  leads();
  await all;
  expect(told).toEqual([0, 2, 1]);
});

test('one that is refused makes nothing else be written again', async () => {
  const written: (string | null)[] = [];
  // As the sink does it: what is meant for other partitions may be taken although its append is rejected.
  const writer = writerOver((records) => {
    const taken = records.filter(({ topic, key }) => topic !== 'deliveries' || key !== 'w-2');
    written.push(...taken.map(({ key }) => (key === null ? null : String(key))));
    return taken.length < records.length ? Promise.reject(new RecordRefusedError('too large')) : Promise.resolve();
  });
  await writer.passOn([retry('w-1'), retry('w-2'), retry('w-3')], ignore);
  expect(written.filter((key) => key !== 'w-2')).toEqual(['w-1', 'w-3']);
});
