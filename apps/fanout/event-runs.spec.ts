import { expect, test } from '@jest/globals';
import { SubscriptionTable } from '../../libs/domain/match.ts';
import { RecordRefusedError } from '../../libs/kafka/record-sink.ts';
import type { OutgoingRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { AnyAvro } from '../../libs/wire/any-avro.ts';
import { Catalogue } from './catalogue.ts';
import { EventHandler } from './event-handler.ts';
import { EventRuns } from './event-runs.ts';
import { FanoutMetrics } from './fanout-metrics.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

function leaseOf(completed: number[], isHeld: () => boolean = () => true): PartitionLease {
  return {
    topic: 'platform.events',
    partition: 0,
    epoch: 1,
    get isHeld() {
      return isHeld();
    },
    incomplete: 0,
    complete: (offset) => completed.push(offset),
    pause: () => undefined,
    resume: () => undefined,
  };
}

function batchOf(lease: PartitionLease, values: readonly (string | Buffer)[]): RecordBatch {
  const records = values.map((value, offset) => ({
    topic: lease.topic,
    partition: 0,
    offset,
    timestampMs: 0,
    key: null,
    value: Buffer.from(value),
    headers: {},
  }));
  return { lease, records, fetchedOffset: 0, nextOffset: values.length, highWatermark: values.length };
}

function runsOver(
  append: (records: readonly OutgoingRecord[]) => Promise<void>,
  avro = new AnyAvro({ schemaById: () => Promise.resolve(null) }),
) {
  const handler = new EventHandler({
    table: new SubscriptionTable(),
    catalogue: new Catalogue([]),
    encodeEvent: (event) => Buffer.from(event.eventId),
    encodeDelivery: () => Buffer.alloc(0),
    topics: { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' },
    payloadBytesMax: 100_000,
    unknownEventTypes: 'accept',
    historyMs: 1,
  });
  const metrics = new FanoutMetrics(new Metrics('fanout-test'));
  return new EventRuns({
    handler,
    avro,
    sink: { append },
    metrics,
    rejectedTopic: 'rejected',
    logger: silent,
    now: () => 0,
  });
}

function event(id: string): string {
  return JSON.stringify({ id, type: 't', clientid: 'c' });
}

test('an offset is complete after what its event became is acknowledged, in order', async () => {
  const completed: number[] = [];
  const written: string[] = [];
  let acknowledge: () => void = () => undefined;
  const runs = runsOver((records) => {
    written.push(...records.map(({ value }) => String(value)));
    return new Promise((resolve) => {
      acknowledge = resolve;
    });
  });
  const working = runs.work([batchOf(leaseOf(completed), [event('a'), event('b'), 'garbage'])]);
  await new Promise(setImmediate);
  expect(written).toEqual(['a', 'b', 'garbage']);
  expect(completed).toEqual([]);
  acknowledge();
  await working;
  expect(completed).toEqual([0, 1, 2]);
});

test('a large run is written in slices, in order, while the next is made ready', async () => {
  const completed: number[] = [];
  const written: string[] = [];
  let inFlight = 0;
  const runs = runsOver(async (records) => {
    inFlight += 1;
    expect(inFlight).toBe(1);
    await new Promise(setImmediate);
    written.push(...records.map(({ value }) => String(value)));
    inFlight -= 1;
  });
  const ids = Array.from({ length: 1_700 }, (_, index) => String(index));
  await runs.work([batchOf(leaseOf(completed), ids.map(event))]);
  expect(written).toEqual(ids);
  expect(completed).toEqual(ids.map(Number));
});

test('what Kafka refuses is set aside; what came with it is written', async () => {
  const completed: number[] = [];
  const written: { topic: string; value: string | null }[] = [];
  const runs = runsOver((records) => {
    const isRefused = records.some(({ topic, value }) => topic === 'events' && String(value) === 'large');
    if (isRefused) return Promise.reject(new RecordRefusedError('too large'));
    written.push(...records.map(({ topic, value }) => ({ topic, value: value === null ? null : String(value) })));
    return Promise.resolve();
  });
  await runs.work([batchOf(leaseOf(completed), [event('a'), event('large'), event('b')])]);
  expect(written).toEqual([
    { topic: 'events', value: 'a' },
    { topic: 'rejected', value: event('large') },
    { topic: 'events', value: 'b' },
  ]);
  expect(completed).toEqual([0, 1, 2]);
});

test('a rejection that is too large itself keeps where it came from', async () => {
  const completed: number[] = [];
  const written: OutgoingRecord[] = [];
  const runs = runsOver((records) => {
    if (records.some(({ value }) => value !== null)) return Promise.reject(new RecordRefusedError('too large'));
    written.push(...records);
    return Promise.resolve();
  });
  await runs.work([batchOf(leaseOf(completed), ['garbage'])]);
  expect(written).toMatchObject([{ topic: 'rejected', value: null, headers: { 'source-offset': '0' } }]);
  expect(completed).toEqual([0]);
});

test('nothing is complete when nothing could be written', async () => {
  const completed: number[] = [];
  const runs = runsOver(() => Promise.reject(new Error('closed')));
  await expect(runs.work([batchOf(leaseOf(completed), [event('a')])])).rejects.toThrow('closed');
  expect(completed).toEqual([]);
});

test('a partition that is gone is worked no further', async () => {
  const written: unknown[] = [];
  const runs = runsOver((records) => Promise.resolve(void written.push(...records)));
  await runs.work([
    batchOf(
      leaseOf([], () => false),
      [event('a')],
    ),
  ]);
  expect(written).toEqual([]);
});

test('Avro waits for the registry as long as it is away, and the stream with it', async () => {
  let isAway = true;
  const away = Object.assign(new Error('connect ECONNREFUSED'), { status: 400 });
  const avro = new AnyAvro({ schemaById: () => (isAway ? Promise.reject(away) : Promise.resolve(null)) });
  const completed: number[] = [];
  const written: OutgoingRecord[] = [];
  const runs = runsOver((records) => Promise.resolve(void written.push(...records)), avro);
  const working = runs.work([batchOf(leaseOf(completed), [Buffer.from([0, 0, 0, 0, 5, 1]), event('b')])]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(written).toEqual([]);
  isAway = false;
  await working;
  expect(written).toMatchObject([{ topic: 'rejected', headers: { reason: 'unparsable' } }, { topic: 'events' }]);
  expect(completed).toEqual([0, 1]);
});
