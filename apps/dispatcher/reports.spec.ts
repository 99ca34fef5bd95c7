import { describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/delivery/outcome.ts';
import { settleAttempt } from '../../libs/domain/delivery/settle.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Reports, type DispatchCodecs } from './reports.ts';

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};
const json = { encode: (value: unknown) => Buffer.from(JSON.stringify(value)) };
const codecs = { outcome: json, retry: json, dead: json } as unknown as DispatchCodecs;

const delivery: Delivery = {
  deliveryId: 'd',
  webhookId: 'w',
  clientId: 'c',
  eventId: 'e',
  eventType: 't',
  kind: 'event',
  trigger: 'first',
  round: '',
  attempt: 1,
  contentType: 'application/json',
  body: Buffer.from('{}'),
  createdAt: 0,
  traceparent: null,
};

const failed = settleAttempt({
  delivery,
  policy: { maxAttempts: 3, baseDelayMs: 5_000, maxDelayMs: 5_000, backoffFactor: 1, jitter: 0 },
  result: {
    kind: 'answer',
    code: 500,
    headers: { 'x-long': 'x'.repeat(2_000) },
    bodySample: Buffer.alloc(4_096),
    bodyTruncated: false,
    latencyMs: 1,
  },
  requestHeaders: { 'x-also': 'x'.repeat(2_000) },
  startedAt: 0,
  now: 1,
  random: 0,
});

/** Topics that take records of at most so many bytes, by a part of their names. */
function reporting(bytesMax: Record<string, number>) {
  const taken: OutgoingRecord[] = [];
  const append = (records: readonly OutgoingRecord[]) => {
    for (const { topic, value } of records) {
      const [, max = Infinity] = Object.entries(bytesMax).find(([part]) => topic.includes(part)) ?? [];
      if ((value?.length ?? 0) > max) return Promise.reject(new RecordRefusedError('too large'));
    }
    taken.push(...records);
    return Promise.resolve();
  };
  const sink = { append } as unknown as RecordSink;
  const reports = new Reports({ sink, codecs, topicPrefix: '', logger });
  const settle = async () => {
    await reports.settle(failed.outcome, failed.followUp, 'id:3:7:0');
    return taken.map(({ topic, value }) => ({
      topic,
      ...(JSON.parse(value?.toString() ?? '{}') as DeliveryOutcome),
    }));
  };
  return { reports, settle, taken };
}

describe('what Kafka refuses', () => {
  test('an outcome that is too large is told without headers and sample, and the retry follows', async () => {
    const taken = await reporting({ outcomes: 2_000 }).settle();
    expect(taken.map(({ topic }) => topic)).toEqual(['webhook.retry.5s', 'webhook.delivery-outcomes']);
    expect(taken[1]).toMatchObject({ status: 'failed_retryable', responseHeaders: {}, responseBodySample: null });
  });

  test('a retry that is too large ends the delivery with an outcome', async () => {
    const taken = await reporting({ retry: 100 }).settle();
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({ status: 'failed_permanent', reason: 'payload_too_large', nextAttemptAt: null });
  });

  test.each([failed.followUp, { kind: 'none' } as const])(
    'what is no refusal is not dealt with: %#',
    async (followUp) => {
      const away = new Error('closed');
      const sink = { append: () => Promise.reject(away) } as unknown as RecordSink;
      const reports = new Reports({ sink, codecs, topicPrefix: '', logger });
      await expect(reports.settle(failed.outcome, followUp, null)).rejects.toBe(away);
    },
  );

  test('a record that cannot be read is set aside without its value when that is too large', async () => {
    const { reports, taken } = reporting({ rejected: 10 });
    const record = { topic: 'webhook.deliveries', partition: 3, offset: 7, value: Buffer.alloc(100) };
    await reports.setAside(record, 'no delivery');
    expect(taken).toMatchObject([{ value: null, headers: { 'source-partition': '3', 'source-offset': '7' } }]);
  });
});

describe('an outcome', () => {
  test('names the record that it settles, and comes when what follows is acknowledged', async () => {
    let acknowledge: () => void = () => undefined;
    const taken: OutgoingRecord[] = [];
    const append = (records: readonly OutgoingRecord[]) => {
      taken.push(...records);
      return new Promise<void>((resolve) => (acknowledge = resolve));
    };
    const reports = new Reports({ sink: { append } as unknown as RecordSink, codecs, topicPrefix: '', logger });
    const settled = reports.settle(failed.outcome, failed.followUp, 'id:3:7:0');
    await new Promise(setImmediate);
    expect(taken.map(({ topic }) => topic)).toEqual(['webhook.retry.5s']);
    acknowledge();
    await new Promise(setImmediate);
    expect(taken[1]).toMatchObject({ topic: 'webhook.delivery-outcomes', headers: { settles: 'id:3:7:0' } });
    acknowledge();
    await settled;
  });

  test('has no header when it settles nothing', async () => {
    const { reports, taken } = reporting({});
    await reports.settle(failed.outcome, { kind: 'none' }, null);
    expect(taken.map(({ headers }) => headers)).toEqual([undefined]);
  });
});

test('a parked record names the main record that it came from, and the log of that', async () => {
  const { reports, taken } = reporting({});
  const parked = [{ webhookId: 'w', value: Buffer.from('v'), mainOffset: 7, mainRecord: 'id:3:7:0' }];
  await reports.park({ number: 3, name: 'me', mainTopicId: 'id' }, parked);
  const unnamed = parked.map((one) => ({ ...one, mainRecord: null }));
  await reports.park({ number: 3, name: 'me', mainTopicId: null }, unnamed);
  expect(taken.map(({ headers }) => headers)).toEqual([
    { 'main-offset': '7', 'main-topic-id': 'id', 'parked-by': 'me', 'main-record': 'id:3:7:0' },
    { 'main-offset': '7', 'parked-by': 'me' },
  ]);
});
