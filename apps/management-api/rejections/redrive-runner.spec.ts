import { expect, test } from '@jest/globals';
import { RecordRefusedError } from '../../../libs/kafka/producer/append-error.ts';
import { placeKey } from '../../../libs/kafka/fetch/records-at.ts';
import type { AppendOptions } from '../../../libs/kafka/producer/record-sink.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { DueRedrive, RedriveResult } from '../../../libs/postgres/rejections/redrive-store.ts';
import { RedriveRunner } from './redrive-runner.ts';

const topic = 'platform.events.rejected';

function rejected({ partition, offset }: { partition: number; offset: number }): KafkaRecord {
  const headers = { 'source-topic': 'shop.orders', 'source-partition': '0', 'source-offset': String(offset) };
  const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  return { topic, partition, offset, timestampMs: 5, key: null, value: Buffer.from(String(offset)), headers: bytes };
}

interface Kafka {
  settle: (index: number, error: Error | null) => void;
  end: () => void;
}

/** Rows in memory with a claim each, as the database has them; Kafka settles when it is told to. */
function world(count: number) {
  const due: DueRedrive[] = Array.from({ length: count }, (_, offset) => ({
    ...{ id: `re-${offset}`, partition: 0, offset },
    ...{ sourceTopic: 'shop.orders', sourcePartition: 0, sourceOffset: offset },
  }));
  const appended: OutgoingRecord[][] = [];
  const settled: RedriveResult[] = [];
  const putOff: string[][] = [];
  const kafka: Kafka = { settle: () => undefined, end: () => undefined };
  let failsToSettle = 0;
  const counts = { sent: 0, failed: 0 };
  const runner = new RedriveRunner({
    store: {
      alone: async (work) => {
        await work(() => Promise.resolve());
        return true;
      },
      dueInMs: () => Promise.resolve(due.length === 0 ? null : 0),
      takeDue: () => Promise.resolve(due.splice(0)),
      putOff: (ids) => {
        putOff.push([...ids]);
        return Promise.resolve();
      },
      settle: (results) => {
        if (failsToSettle > 0) {
          failsToSettle -= 1;
          return Promise.reject(new Error('the database is away'));
        }
        settled.push(...results);
        return Promise.resolve();
      },
    },
    batch: {
      read: (places) =>
        Promise.resolve({ records: new Map(places.map((one) => [placeKey(one), rejected(one)])), unread: new Map() }),
      topic: 'platform.events',
    },
    sink: {
      waiting: { records: 0, bytes: 0 },
      append: (records: readonly OutgoingRecord[], { onSettled }: AppendOptions) => {
        appended.push([...records]);
        kafka.settle = (index, error) => onSettled?.(index, error);
        return new Promise<void>((resolve) => {
          kafka.end = resolve;
        });
      },
    },
    counter: {
      inc: ({ result }: { result: 'failed' | 'sent' }, by: number) => {
        counts[result] += by;
      },
    } as never,
    logger: { info: () => undefined, warn: () => undefined } as never,
    lookMs: 5,
  });
  const failNext = (times: number) => {
    failsToSettle = times;
  };
  return { runner, due, appended, settled, putOff, kafka, counts, failNext };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('what is acknowledged is settled, what is refused is its row’s problem, and what is open is claimed, not made anew', async () => {
  const { runner, due, appended, settled, putOff, kafka, counts } = world(3);
  runner.start();
  await until(() => appended.length === 1);
  kafka.settle(0, null);
  kafka.settle(1, new RecordRefusedError('over 9 bytes'));
  await until(() => putOff.length > 3);
  expect(settled).toEqual([
    { id: 're-0', problem: null },
    { id: 're-1', problem: 'Kafka does not take it: over 9 bytes' },
  ]);
  expect(putOff.at(-1)).toEqual(['re-2']);
  due.push({
    ...{ id: 're-9', partition: 0, offset: 9 },
    sourceTopic: 'shop.orders',
    sourcePartition: 0,
    sourceOffset: 9,
  });
  const looks = putOff.length;
  await until(() => putOff.length > looks + 2);
  expect(appended).toHaveLength(1);
  kafka.settle(2, null);
  kafka.end();
  await until(() => appended.length === 2);
  kafka.settle(0, null);
  kafka.end();
  await until(() => settled.length === 4);
  expect(settled.slice(2)).toEqual([
    { id: 're-2', problem: null },
    { id: 're-9', problem: null },
  ]);
  await runner.stop();
  expect(counts).toEqual({ sent: 3, failed: 1 });
});

test('what Kafka has is said once the database is back, and not sent again meanwhile', async () => {
  const { runner, appended, settled, kafka, failNext, counts } = world(1);
  failNext(1);
  runner.start();
  await until(() => appended.length === 1);
  kafka.settle(0, null);
  kafka.end();
  await until(() => settled.length === 1);
  await runner.stop();
  expect([appended.length, settled, counts.sent]).toEqual([1, [{ id: 're-0', problem: null }], 1]);
});

test('a batch that is open does not hold up the end of the process', async () => {
  const { runner, appended, settled } = world(1);
  runner.start();
  await until(() => appended.length === 1);
  await runner.stop();
  expect(settled).toEqual([]);
});
