/**
 * The dispatchers' side of the retry tiers. In: how many retries, due when. Out: records in their tiers, and how long
 * after its moment each was read from webhook.deliveries again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RetryDelivery } from '../../libs/domain/delivery/delivery.ts';
import { retryTiers, tierFor } from '../../libs/domain/delivery/retry.ts';
import { BatchConsumer } from '../../libs/kafka/consumer/batch-consumer.ts';
import { KafkaClient, kafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { registryConfig } from '../../libs/kafka/registry-config.ts';
import { connectionKeys, registryKeys } from '../../libs/runtime/config-keys.ts';
import { readConfig } from '../../libs/runtime/config.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { Registry } from '../../libs/wire/registry.ts';
import { retryTopic, topicName, topics } from '../../libs/wire/topics.ts';
import { latenciesOf } from '../latencies.ts';
import { answerQuestions } from '../worker.ts';
import type { Dripping, Planting, RetryQuestions, RetryReport } from './retry-questions.ts';

const webhooks = 200;
const writtenAtOnce = 1_000;
const dripEveryMs = 100;
const punctualMs = 250;
const body = Buffer.alloc(1_024, 'x');

interface Planted {
  readonly dueAt: number;
  /** Unix milliseconds at which it was read; null: not yet. */
  backAt: number | null;
}

let planted: Planted[] = [];
/** Tells the retries of one planting from those of another. */
let planting = 0;
let back = 0;
let duplicates = 0;

async function connect(): Promise<(due: readonly number[]) => Promise<void>> {
  const config = readConfig({ ...connectionKeys, ...registryKeys }, process.env);
  const registry = new Registry(registryConfig(config));
  const retries = await registry.codec(retryTopic(retryTiers[0].name));
  const deliveries = await registry.codec(topics.deliveries);
  const logger = createLogger('bench', 'error');
  const client = new KafkaClient(kafkaConnection({ ...config, KAFKA_INSTANCE_ID: null }, 'bench-retries'), logger);
  const sink = new RecordSink(client, logger);
  await sink.connect();
  const onBatch = ({ lease, records }: RecordBatch) => {
    const now = Date.now();
    for (const { offset, value } of records) {
      if (value !== null) arrive(deliveries.decode(value)?.deliveryId ?? '', now);
      lease.complete(offset);
    }
  };
  const subscriptions = [topicName(config.TOPIC_PREFIX, topics.deliveries)];
  const groupId = `${config.TOPIC_PREFIX}bench-retries`;
  await new BatchConsumer(client, { groupId, subscriptions, onBatch, maxWaitMs: 50 }, logger).start();
  return async (due) => {
    const now = Date.now();
    const records = due.map((dueAt) => {
      const retry = retryOf(`${planting}-${planted.length}`, planted.length % webhooks, dueAt);
      planted.push({ dueAt, backAt: null });
      const topic = topicName(config.TOPIC_PREFIX, retryTopic(tierFor(Math.max(0, dueAt - now)).name));
      return { topic, key: retry.webhookId, value: retries.encode(retry) };
    });
    await sink.append(records);
  };
}

function retryOf(deliveryId: string, webhook: number, notBefore: number): RetryDelivery {
  return {
    deliveryId,
    webhookId: `webhook-${webhook}`,
    clientId: 'bench',
    eventId: deliveryId,
    eventType: 'bench.retry',
    kind: 'event',
    trigger: 'retry',
    round: '',
    attempt: 2,
    contentType: 'application/json',
    body,
    createdAt: Date.now(),
    traceparent: null,
    notBefore,
  };
}

function arrive(deliveryId: string, now: number): void {
  const [of, index] = deliveryId.split('-').map(Number);
  const found = of === planting ? planted[index ?? -1] : undefined;
  if (found === undefined) return;
  if (found.backAt !== null) {
    duplicates += 1;
    return;
  }
  found.backAt = now;
  back += 1;
}

let write: (due: readonly number[]) => Promise<void> = () => Promise.reject(new Error('not connected'));

async function plant({ count, due }: Planting): Promise<void> {
  planting += 1;
  planted = [];
  back = 0;
  duplicates = 0;
  const askedAt = Date.now();
  const moment = () => askedAt + due.from + Math.floor(Math.random() * (due.to - due.from));
  for (let left = count; left > 0; left -= writtenAtOnce) {
    await write(Array.from({ length: Math.min(left, writtenAtOnce) }, moment));
  }
}

async function drip({ perSecond, forMs, delaysMs }: Dripping): Promise<void> {
  const endsAt = Date.now() + forMs;
  let number = 0;
  while (Date.now() < endsAt) {
    const now = Date.now();
    const count = Math.round((perSecond * dripEveryMs) / 1_000);
    await write(Array.from({ length: count }, () => now + (delaysMs[(number += 1) % delaysMs.length] ?? 0)));
    await pause(dripEveryMs);
  }
}

function report(): RetryReport {
  const now = Date.now();
  const lateness: number[] = [];
  for (const { dueAt, backAt } of planted) if (backAt !== null) lateness.push(backAt - dueAt);
  return {
    ...latenciesOf(Float64Array.from(lateness)),
    early: lateness.filter((ms) => ms < 0).length,
    late: lateness.filter((ms) => ms > punctualMs).length,
    duplicates,
    missing: planted.filter(({ dueAt, backAt }) => backAt === null && dueAt < now).length,
  };
}

answerQuestions<RetryQuestions>({
  connect: async () => {
    write = await connect();
    return null;
  },
  plant: async (ask) => {
    await plant(ask);
    return null;
  },
  drip: async (ask) => {
    await drip(ask);
    return null;
  },
  progress: () => ({ planted: planted.length, back }),
  report,
});
