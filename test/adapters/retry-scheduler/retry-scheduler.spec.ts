/** The retry scheduler as a process, on real Kafka: when deliveries come back, and what a kill does to them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Delivery, RetryDelivery } from '../../../libs/domain/delivery/delivery.ts';
import { retryTiers, tierFor } from '../../../libs/domain/delivery/retry.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { retryTopic, topics } from '../../../libs/wire/topics.ts';
import { startSystem, type System } from '../../support/app-harness.ts';
import { percentile } from '../../support/paced-load.ts';
import { until } from '../../support/until.ts';

/** Who waited in a tier too long would be later than that. */
const shortestTierMs = retryTiers[0].delayMs;

let system: System;
let retries: AvroCodec<RetryDelivery>;
let deliveries: AvroCodec<Delivery>;

/** What is due is waited for on a clock that no one sets; in a minute the one that tests read may go otherwise by some milliseconds. */
const driftMs = 20;

/** When those of the longer tier are due: they are written first of all, so that the other tests run while they wait. */
let dueInTier: number[];
const tierDelays = [30_000, 31_700, 33_000];

beforeAll(async () => {
  system = await startSystem({ apps: ['retry-scheduler'] });
  const registry = new Registry({
    url: system.env['SCHEMA_REGISTRY_URL'] ?? '',
    username: null,
    password: null,
    topicPrefix: system.env['TOPIC_PREFIX'] ?? '',
  });
  retries = await registry.codec(retryTopic(retryTiers[0].name));
  deliveries = await registry.codec(topics.deliveries);
  dueInTier = await schedule('tier', tierDelays);
}, 180_000);

afterAll(async () => {
  await system.stop();
}, 60_000);

function retry(round: string, index: number, notBefore: number): RetryDelivery {
  return {
    deliveryId: `${round}-${index}`,
    webhookId: `w-${index % 7}`,
    clientId: 'acme',
    eventId: `e-${index}`,
    eventType: 'order.created',
    kind: 'event',
    trigger: 'retry',
    round,
    attempt: 3,
    contentType: 'application/json',
    body: Buffer.from(`{"n":${index}}`),
    createdAt: 1_000,
    traceparent: null,
    notBefore,
  };
}

/** Writes a retry for each delay, as a dispatcher would; answers when each is due. */
async function schedule(round: string, delaysMs: readonly number[]): Promise<number[]> {
  const now = Date.now();
  const byTier = Map.groupBy(
    delaysMs.map((delayMs, index) => ({ delayMs, index })),
    ({ delayMs }) => tierFor(delayMs).name,
  );
  for (const [tier, list] of byTier) {
    const records = list.map(({ delayMs, index }) => {
      const value = retry(round, index, now + delayMs);
      return { key: value.webhookId, value: retries.encode(value) };
    });
    await system.publishRaw(records, { topic: retryTopic(tier).name });
  }
  return delaysMs.map((delayMs) => now + delayMs);
}

interface PutBack {
  readonly delivery: Delivery;
  readonly key: string | null;
  /** When Kafka got it. */
  readonly at: number;
}

async function putBack(round: string): Promise<PutBack[]> {
  const records = await system.records('webhook.deliveries');
  const all = await Promise.all(
    records.flatMap(({ key, value, timestamp }) =>
      value === null ? [] : [deliveries.decodeAsync(value).then((delivery) => ({ delivery, key, at: timestamp }))],
    ),
  );
  return all.filter(({ delivery }) => delivery.round === round);
}

async function allPutBack(round: string, count: number, timeoutMs: number): Promise<PutBack[]> {
  let found: PutBack[] = [];
  await until(
    async () => {
      found = await putBack(round);
      return new Set(found.map(({ delivery }) => delivery.deliveryId)).size === count;
    },
    { timeoutMs, everyMs: 500, what: `${count} retries are back` },
  );
  return found;
}

test('every delay is kept to within 250 ms as a rule, and never cut short', async () => {
  const delays = Array.from(
    { length: 3_000 },
    (_, index) => [0, 40, 1_000, 2_500, 4_999, 5_000, 6_200, 9_000, 12_345][index % 9] ?? 0,
  );
  const due = await schedule('kept', delays);
  const found = await allPutBack('kept', delays.length, 40_000);
  expect(found).toHaveLength(delays.length);
  const lateness = found.map(({ delivery, at }) => at - (due[Number(delivery.deliveryId.split('-')[1])] ?? NaN));
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(-driftMs);
  // What is due at once cannot be back before it was even read: Kafka's own way counts for it.
  const late = lateness.filter(
    (_, index) => (delays[Number(found[index]?.delivery.deliveryId.split('-')[1])] ?? 0) >= 1_000,
  );
  // That none is later, simulated time says (scheduler.spec.ts): here a busy machine may hold up some.
  expect(percentile(late, 50)).toBeLessThanOrEqual(250);
  expect(Math.max(...late)).toBeLessThan(shortestTierMs);
}, 90_000);

test('a delivery comes back as it was, without its date', async () => {
  await schedule('same', [0]);
  const [found] = await allPutBack('same', 1, 20_000);
  const { notBefore: _due, ...expected } = retry('same', 0, 0);
  expect({ ...found?.delivery }).toEqual({ eventTime: null, ...expected });
  expect(found?.key).toBe('w-0');
}, 60_000);

test('a longer tier is waited for in the log, then to the moment', async () => {
  const found = await allPutBack('tier', tierDelays.length, 60_000);
  for (const { delivery, at } of found) {
    const lateMs = at - (dueInTier[Number(delivery.deliveryId.split('-')[1])] ?? NaN);
    expect(lateMs).toBeGreaterThanOrEqual(-driftMs);
    expect(lateMs).toBeLessThan(shortestTierMs);
  }
}, 90_000);

test('killed while they wait, none is lost and none comes early', async () => {
  const delays = Array.from({ length: 400 }, (_, index) => 2_000 + index * 10);
  const due = await schedule('killed', delays);
  await until(async () => (await putBack('killed')).length > 20, { timeoutMs: 20_000, everyMs: 100 });
  await system.kill('retry-scheduler', 'SIGKILL');
  await system.start('retry-scheduler');
  const found = await allPutBack('killed', delays.length, 60_000);
  for (const { delivery, at } of found) {
    expect(at).toBeGreaterThanOrEqual((due[Number(delivery.deliveryId.split('-')[1])] ?? NaN) - driftMs);
  }
}, 150_000);

test('told to stop while they wait, each comes back once', async () => {
  const delays = Array.from({ length: 300 }, (_, index) => 1_000 + index * 10);
  await schedule('stopped', delays);
  await until(async () => (await putBack('stopped')).length > 20, { timeoutMs: 20_000, everyMs: 100 });
  await system.kill('retry-scheduler', 'SIGTERM');
  await system.start('retry-scheduler');
  expect(await allPutBack('stopped', delays.length, 60_000)).toHaveLength(delays.length);
}, 120_000);

test('what cannot be read is set aside, and the tier goes on', async () => {
  const { name } = retryTopic('5s');
  await system.publishRaw([{ key: 'w-0', value: 'garbage' }], { topic: name });
  await schedule('after', [0]);
  await allPutBack('after', 1, 20_000);
  const isAside = async () => {
    const rejected = await system.records('platform.events.rejected');
    return rejected.some(
      ({ value, headers }) => value?.toString() === 'garbage' && headers['reason']?.toString() === 'unparsable',
    );
  };
  await until(isAside, { timeoutMs: 10_000, everyMs: 250 });
}, 60_000);
