import { expect, test } from '@jest/globals';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import { RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { OutgoingRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { RegistryValues } from '../../libs/wire/registry-values.ts';
import { Mappings } from '../../libs/wire/mapping/mappings.ts';
import { RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import { settlingAppend } from '../../test/support/settling-append.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { Catalogue } from './catalogue.ts';
import { EventHandler } from './event-handler.ts';
import { EventRuns, type EventRunsOptions } from './event-runs.ts';
import { EventWriter } from './event-writer.ts';
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

/** An event for the webhooks that there are. */
function forOthers(): RecordBatch {
  return batchOf(leaseOf([]), [JSON.stringify({ id: 'other', type: 't', clientid: 'other' })]);
}

function runsOver(
  append: (records: readonly OutgoingRecord[]) => Promise<void>,
  avro = new RegistryValues({ foreignSchema: () => Promise.resolve(null) }),
  more: Partial<EventRunsOptions> = {},
) {
  const table = new SubscriptionTable();
  for (const id of ['w-one', 'w-two', 'w-three', 'w-four']) table.apply(webhookDefinition(id, { clientId: 'other' }));
  const handler = new EventHandler({
    table,
    catalogue: new Catalogue([]),
    encodeEvent: (event) => Buffer.from(event.eventId),
    encodeDelivery: () => Buffer.alloc(0),
    topics: { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' },
    payloadBytesMax: 100_000,
    unknownEventTypes: 'accept',
    historyMs: 1,
    now: () => 0,
  });
  const metrics = new FanoutMetrics(new Metrics('fanout-test'));
  const writer = new EventWriter({
    sink: { append: settlingAppend(append) },
    metrics,
    rejectedTopic: 'rejected',
    logger: silent,
    now: () => 0,
  });
  const memory = { keep: () => undefined, letGo: () => undefined, isFull: false };
  const onError = (error: unknown) => {
    throw error;
  };
  return new EventRuns({
    handler,
    reader: new RecordReader(avro, new Mappings([], '')),
    writer,
    now: () => 0,
    memory,
    onError,
    ...more,
  });
}

function event(id: string): string {
  return JSON.stringify({ id, type: 't', clientid: 'c' });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
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
  // For nobody, so many at once are a heap: most of them wait their turn.
  await until(() => completed.length === ids.length);
  expect(written).toEqual(ids);
  expect(completed).toEqual(ids.map(Number));
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
  const avro = new RegistryValues({ foreignSchema: () => (isAway ? Promise.reject(away) : Promise.resolve(null)) });
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

test('what comes in heaps is written in portions with rests while others are served, and counts as in memory', async () => {
  let kept = 0;
  const memory = {
    isFull: false,
    keep: () => {
      kept += 1;
    },
    letGo: () => {
      kept -= 1;
    },
  };
  const portions: number[] = [];
  const rests: (() => void)[] = [];
  const runs = runsOver((records) => Promise.resolve(void portions.push(records.length)), undefined, {
    memory,
    pause: () => new Promise<void>((resolve) => rests.push(resolve)),
  });
  const completed: number[] = [];
  const heap = Array.from({ length: 200 }, (_, index) => event(`heap-${index}`));
  const lease = leaseOf(completed);
  const working = runs.work([batchOf(lease, heap), forOthers()]);
  expect(kept).toBe(184);
  await working;
  await until(() => rests.length === 1);
  // What was let through: the beginning of the heap, and of the others the event with its four deliveries.
  expect(portions).toEqual([16 + 5, 32]);
  expect(kept).toBe(152);
  // Before partitions are given up what waits is left to whoever gets them.
  const drained = runs.drain([lease]);
  rests.shift()?.();
  await drained;
  expect(kept).toBe(0);
  expect(completed).toHaveLength(48);
});

test('a heap is written as fast as it goes when nobody else is there, and when memory is full', async () => {
  for (const isFull of [false, true]) {
    const completed: number[] = [];
    const memory = { keep: () => undefined, letGo: () => undefined, isFull };
    const pause = () => Promise.reject(new Error('nothing was to rest'));
    const runs = runsOver(() => Promise.resolve(), undefined, { memory, pause });
    const heap = Array.from({ length: 1_000 }, (_, index) => event(`heap-${index}`));
    await runs.work([batchOf(leaseOf(completed), heap), ...(isFull ? [forOthers()] : [])]);
    await until(() => completed.length === heap.length);
  }
});
