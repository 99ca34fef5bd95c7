import { expect, test } from '@jest/globals';
import {
  AppendWithdrawnError,
  RecordRefusedError,
  SinkClosedError,
  TopicForbiddenError,
} from '../../../libs/kafka/producer/append-error.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { KafkaWriter, WriteInDoubtError, type WritableSink } from './kafka-writer.ts';
import { ProblemError } from '../http/problem-error.ts';

const record = { topic: 't', key: 'k', value: Buffer.from('v') };
const logger = createLogger('test', 'silent');

function writerOver(
  append: WritableSink['append'],
  waiting = { records: 0, bytes: 0 },
  unwritable: WritableSink['unwritable'] = [],
): KafkaWriter {
  return new KafkaWriter({
    sink: { append, waiting, unwritable },
    logger,
    acknowledgeMs: 20,
    waitingRecordsMax: 10,
    waitingBytesMax: 100,
  });
}

async function problemOf(work: Promise<void>): Promise<{ code: string; retryAfterS: number | null }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProblemError) return { code: error.code, retryAfterS: error.retryAfterS };
    throw error;
  }
  return { code: 'none', retryAfterS: null };
}

test('what Kafka acknowledges is written', async () => {
  expect(await problemOf(writerOver(() => Promise.resolve()).write([record]))).toMatchObject({ code: 'none' });
});

test.each([
  [
    'no acknowledgement in time',
    () => new Promise<void>(() => undefined),
    { code: 'kafka_unavailable', retryAfterS: 5 },
  ],
  [
    'a sink that closes',
    () => Promise.reject(new SinkClosedError('closed')),
    { code: 'kafka_unavailable', retryAfterS: 5 },
  ],
  [
    'a record too large',
    () => Promise.reject(new RecordRefusedError('large')),
    { code: 'payload_too_large', retryAfterS: null },
  ],
])('%s is a problem', async (_, append, expected) => {
  expect(await problemOf(writerOver(append).write([record]))).toEqual(expected);
});

test.each([
  { records: 10, bytes: 0 },
  { records: 0, bytes: 100 },
])('nothing more is taken while %j wait', async (waiting) => {
  let appended = 0;
  const writer = writerOver(() => Promise.resolve(void (appended += 1)), waiting);
  expect(await problemOf(writer.write([record]))).toEqual({ code: 'overloaded', retryAfterS: 5 });
  expect(appended).toBe(0);
});

test('a refusal that comes after the deadline ends nothing', async () => {
  const late = Promise.withResolvers<undefined>();
  const writer = writerOver(() => late.promise);
  expect((await problemOf(writer.write([record]))).code).toBe('kafka_unavailable');
  late.reject(new Error('late'));
  await new Promise((resolve) => setImmediate(resolve));
});

test('past the deadline an append is withdrawn', async () => {
  const writer = writerOver(
    (_records, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('withdrawn'));
        });
      }),
  );
  const error: unknown = await writer.write([record]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'kafka_unavailable' });
  expect(error).not.toBeInstanceOf(WriteInDoubtError);
});

test('an append that cannot be withdrawn is in doubt until Kafka has answered', async () => {
  const acknowledged = Promise.withResolvers<undefined>();
  const writer = writerOver(() => acknowledged.promise);
  const error: unknown = await writer.write([record]).catch((thrown: unknown) => thrown);
  if (!(error instanceof WriteInDoubtError)) throw error;
  acknowledged.resolve(undefined);
  await error.settled;
});

test('a topic that may not be written to is named, before the deadline and at it', async () => {
  const forbidden = { topic: 't', reason: 'forbidden', partitions: [], ms: 5_000, isWaitedFor: false } as const;
  const waiting = writerOver(() => new Promise<void>(() => undefined), { records: 0, bytes: 0 }, [forbidden]);
  const detail = 'Kafka cannot take this now: not allowed to write to t.';
  await expect(waiting.write([record])).rejects.toMatchObject({ code: 'kafka_unavailable', message: detail });
  const unsent: WritableSink['append'] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new AppendWithdrawnError('withdrawn'));
      });
    });
  const withdrawn = writerOver(unsent, { records: 0, bytes: 0 }, [forbidden]);
  await expect(withdrawn.write([record])).rejects.toMatchObject({ code: 'kafka_unavailable', message: detail });
  const refused = writerOver(() => Promise.reject(new TopicForbiddenError('not allowed to write to t')));
  await expect(refused.write([record])).rejects.toMatchObject({ code: 'kafka_unavailable', message: detail });
});
