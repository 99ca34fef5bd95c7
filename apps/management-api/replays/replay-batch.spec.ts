import { expect, test } from '@jest/globals';
import { deliveryIdOf, eventKeyOf, historyIdOf } from '../../../libs/domain/ids.ts';
import { replayStart } from '../../../libs/domain/delivery/replay.ts';
import type { PayloadFormat } from '../../../libs/domain/webhook/webhook.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { ReplayJob } from '../../../libs/postgres/replays/replay-job.ts';
import type { Run } from '../../../libs/postgres/bulk.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { TopicNames, type ApiCodecs } from '../api-codecs.ts';
import { KafkaWriter, type WritableSink } from '../outbox/kafka-writer.ts';
import { ProblemError } from '../http/problem-error.ts';
import { ReplayBatches } from './replay-batch.ts';

const time = Date.UTC(2026, 2, 14);

/** What waits for Kafka; it takes it when told to. `isWithdrawable`: nothing of it is under way. */
class FakeSink implements WritableSink {
  readonly appends: { records: readonly OutgoingRecord[]; take(): void; lose(): void }[] = [];
  private readonly isWithdrawable: boolean;
  /** In its queue, as Kafka would get it. */
  queued = 0;

  constructor(isWithdrawable = false) {
    this.isWithdrawable = isWithdrawable;
  }

  readonly waiting = { records: 0, bytes: 0 };
  readonly unwritable = [];

  append(...[records, { signal, whenUnwritable }]: Parameters<WritableSink['append']>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    // Refused after a while, it would be made again, with what was taken of it.
    if (whenUnwritable !== 'wait') throw new Error('a batch waits however long');
    this.queued += records.length;
    this.appends.push({
      records,
      take: () => {
        resolve(undefined);
      },
      lose: () => {
        reject(new Error('lost'));
      },
    });
    signal.addEventListener('abort', () => {
      if (!this.isWithdrawable) return;
      this.queued -= records.length;
      reject(new Error('withdrawn'));
    });
    return promise;
  }
}

interface Past {
  readonly count?: number;
  readonly data?: string;
  readonly format?: PayloadFormat;
}

function batchesOver(sink: FakeSink, { count = 3, data = '{"a":1}', format = 'json' }: Past = {}) {
  const events = Array.from({ length: count }, (_, index) => {
    const eventId = `e${index}`;
    const eventKey = eventKeyOf(time + index, 'acme', eventId);
    const origin = { eventType: 't', source: null, subject: null, traceparent: null };
    return { eventKey, eventId, ...origin, data: Buffer.from(data) };
  });
  const rows = events.map(({ eventKey, eventId }, index) => ({
    id: historyIdOf(deliveryIdOf(eventId, 'wh_1'), time + index),
    deliveryId: deliveryIdOf(eventId, 'wh_1'),
    ...{ webhookId: 'wh_1', clientId: 'acme', kind: 'event', eventKey, format, isWanted: true, looked: count },
  }));
  const codec = { encode: ({ body }: { body: Buffer }) => body };
  const target = { id: 'wh_1', clientId: 'acme', isActive: true, format, filter: null };
  const logger = createLogger('test', 'silent');
  const batches = new ReplayBatches({
    writer: new KafkaWriter({ sink, logger, acknowledgeMs: 5 }),
    codecs: { deliveries: codec, events: codec } as unknown as ApiCodecs,
    topicNames: new TopicNames(''),
    events: { keptMany: () => Promise.resolve(events as never) },
    webhooks: { targets: () => Promise.resolve([target]) },
    waitMs: 5,
  });
  const run = (() => Promise.resolve(rows)) as unknown as Run;
  const next = (id = 'rp_1') => batches.next({ ...job, id }, run, time);
  const isInDoubt = (id: string) => batches.isInDoubt({ ...job, id });
  return { rows, next, isInDoubt };
}

const job: ReplayJob = {
  id: 'rp_1',
  range: { clientId: 'acme', filter: {}, before: new Date(time) },
  targetWebhookId: null,
  pacePerSecond: 1_000,
  position: replayStart,
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof ProblemError ? error.code : String(error)),
  );
}

test('a batch that Kafka does not take is waited for, not made again', async () => {
  const sink = new FakeSink();
  const { next } = batchesOver(sink);
  for (let tries = 0; tries < 10; tries += 1) expect(await codeOf(next())).toBe('kafka_unavailable');
  expect([sink.appends.length, sink.queued]).toEqual([1, 3]);
  sink.appends[0]?.take();
  expect(await next()).toMatchObject({ sent: 3, skipped: 0, isEnd: true });
  expect(sink.appends).toHaveLength(1);
});

test('another replay begins no batch meanwhile, and its own one after', async () => {
  const sink = new FakeSink();
  const { next } = batchesOver(sink);
  await codeOf(next());
  for (let tries = 0; tries < 3; tries += 1) expect(await codeOf(next('rp_2'))).toBe('kafka_unavailable');
  expect(sink.appends).toHaveLength(1);
  sink.appends[0]?.take();
  const second = next('rp_2');
  while (sink.appends.length < 2) await new Promise((resolve) => setImmediate(resolve));
  sink.appends[1]?.take();
  expect(await second).toMatchObject({ sent: 3 });
});

test('what became of a batch in doubt is kept for its replay, whoever asks first', async () => {
  const sink = new FakeSink();
  const { next } = batchesOver(sink);
  await codeOf(next());
  sink.appends[0]?.take();
  const second = next('rp_2');
  while (sink.appends.length < 2) await new Promise((resolve) => setImmediate(resolve));
  sink.appends[1]?.take();
  await second;
  expect(await next()).toMatchObject({ sent: 3, isEnd: true });
  expect(sink.appends).toHaveLength(2);
});

test('a batch is in doubt until its replay has learned what became of it', async () => {
  const sink = new FakeSink();
  const { next, isInDoubt } = batchesOver(sink);
  expect(isInDoubt('rp_1')).toBe(false);
  await codeOf(next('rp_1'));
  await codeOf(next('rp_2'));
  expect([isInDoubt('rp_1'), isInDoubt('rp_2')]).toEqual([true, false]);
  sink.appends[0]?.take();
  await next('rp_1');
  expect(isInDoubt('rp_1')).toBe(false);
});

test('a batch that Kafka did not take after all is made again', async () => {
  const sink = new FakeSink();
  const { next, isInDoubt } = batchesOver(sink);
  await codeOf(next());
  sink.appends[0]?.lose();
  expect([await codeOf(next()), isInDoubt('rp_1')]).toEqual(['kafka_unavailable', false]);
  await codeOf(next());
  expect(sink.appends).toHaveLength(2);
});

test('a batch of which nothing was sent is withdrawn, and made again', async () => {
  const sink = new FakeSink(true);
  const { next } = batchesOver(sink);
  for (let tries = 0; tries < 10; tries += 1) expect(await codeOf(next())).toBe('kafka_unavailable');
  expect([sink.appends.length, sink.queued]).toEqual([10, 0]);
});

test('a batch of large deliveries is made in turns with everybody else, and ends at 4 MiB', async () => {
  const sink = new FakeSink();
  const data = JSON.stringify(Array.from({ length: 20_000 }, (_, index) => ({ n: index })));
  const { rows, next } = batchesOver(sink, { count: 100, data, format: 'xml' });
  let others = 0;
  let isOver = false;
  const beat = () => {
    others += 1;
    if (!isOver) setImmediate(beat);
  };
  setImmediate(beat);
  const made = next();
  while (sink.appends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  isOver = true;
  sink.appends[0]?.take();
  const step = await made;
  expect(others).toBeGreaterThan(2);
  expect(step.sent).toBeLessThan(20);
  expect(step).toMatchObject({ isEnd: false, position: { phase: 'deliveries', after: rows[step.sent - 1]?.id } });
});
