/** Two partitions of a dispatcher, one of which cannot report what it does. The clock is simulated. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/delivery/outcome.ts';
import { settleAttempt, type Settlement } from '../../libs/domain/delivery/settle.ts';
import { Lease } from '../../libs/kafka/consumer/lease.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { Breakers } from '../../libs/sender/breaker.ts';
import { AvroCodec } from '../../libs/wire/avro-codec.ts';
import { schemaFile } from '../../libs/wire/schema-files.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { BufferBudget } from './gate/buffer-budget.ts';
import type { DispatchMetrics } from './dispatch-metrics.ts';
import { Dispatch } from './dispatch.ts';
import { Gate } from './gate/gate.ts';
import { encodeParkedState } from './parked/parked-state.ts';
import type { Post } from './post.ts';
import {
  mainOffsetHeader,
  parkedByHeader,
  type DispatchCodecs,
  type ParkedInto,
  type Parking,
  type Reports,
} from './reports.ts';
import { WebhookTable } from './webhook-table.ts';

const mainTopic = 'webhook.deliveries';
const parkedTopic = 'webhook.deliveries.parked';
const source = { schemaById: () => Promise.resolve(null) };
const codecs = {
  delivery: new AvroCodec<Delivery>(schemaFile('webhook.deliveries'), 1, source),
  parked: new AvroCodec<ParkedDelivery>(schemaFile('webhook.deliveries.parked'), 2, source),
} as unknown as DispatchCodecs;
const policy = { maxAttempts: 6, baseDelayMs: 1_000, maxDelayMs: 3_000, backoffFactor: 2, jitter: 0 };
const silent = { debug: noop, info: noop, warn: noop, error: noop, child: () => silent };
const webhookIds = ['on-0', 'on-1'];

function noop(): void {
  // Metrics and logs are not what is tested here.
}

class World {
  readonly attempts = [0, 0];
  readonly reported = [0, 0];
  readonly parked = [0, 0];
  readonly produced = [0, 0];
  /** What is keyed to this partition is not acknowledged. */
  leaderless: number | null = null;
  /** What an attempt ends with, and how long it takes. */
  attemptMs = 5;
  readonly dispatch: Dispatch;
  readonly table: WebhookTable;
  /** The parked log of the first partition. */
  readonly parkedLog: KafkaRecord[] = [];
  leases: readonly { readonly main: Lease; readonly parked: Lease }[] = [];

  constructor() {
    const table = new WebhookTable(new SecretBox([`k:${Buffer.alloc(32).toString('base64')}`]));
    this.table = table;
    for (const id of webhookIds) table.apply(id, webhookDefinition(id, { url: `https://${id}.example/` }));
    const breakers = new Breakers({ failuresToOpen: 5, openMs: 10_000, onChange: noop });
    const gate = new Gate({ table, breakers, originInFlightMax: 128 });
    this.dispatch = new Dispatch({
      maxInFlight: 10,
      maxSlow: 30,
      laneRecordsMax: 50,
      laneBytesMax: 1_000_000,
      budget: new BufferBudget(16_000_000, () => 0),
      isParkedTopic: (topic) => topic === parkedTopic,
      mayStart: () => true,
      unacknowledgedMsMax: 1_000,
      table,
      gate,
      post: { run: (delivery: Delivery) => this.post(delivery, gate, table) } as unknown as Post,
      reports: this.reports(),
      codecs,
      metrics: { settled: noop, heldByBreaker: noop, parked: noop, undecodable: noop } as unknown as DispatchMetrics,
      logger: silent,
    });
    this.assign(() => true);
  }

  /** Nothing was committed, so each begins at its first record. */
  assign(isLed: (lease: Lease) => boolean): void {
    this.leases = webhookIds.map((_, partition) => ({
      main: leaseOf(mainTopic, partition, 'completed'),
      parked: leaseOf(parkedTopic, partition, 'positioned'),
    }));
    this.produced.fill(0);
    const leases = this.leases.flatMap(({ main, parked }) => [main, parked]);
    this.dispatch.assigned(
      leases.filter((lease) => isLed(lease)),
      leases.filter((lease) => !isLed(lease)),
    );
  }

  /** Attempts in flight outlast it. */
  revoke(): void {
    const leases = this.leases.flatMap(({ main, parked }) => [main, parked]);
    void this.dispatch.revoking(leases);
    for (const lease of leases) lease.fence();
  }

  /** Both partitions get a delivery every 50 ms. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      for (const [partition, { main }] of this.leases.entries())
        if (!main.position.isPaused) this.produce(partition, 1);
      await jest.advanceTimersByTimeAsync(50);
    }
  }

  produce(partition: number, count: number): void {
    const { main } = this.leases[partition] ?? {};
    const fetchedOffset = this.produced[partition] ?? 0;
    const records = Array.from({ length: count }, (_, index) => recordOf(partition, fetchedOffset + index));
    const nextOffset = fetchedOffset + count;
    this.produced[partition] = nextOffset;
    const batch = main?.take({ records, fetchedOffset, nextOffset, highWatermark: nextOffset }) ?? null;
    if (batch !== null) this.dispatch.take(batch);
  }

  private async post(delivery: Delivery, gate: Gate, table: WebhookTable): Promise<Settlement> {
    const webhook = table.find(delivery.webhookId);
    if (webhook === undefined) throw new Error('unknown webhook');
    gate.attemptStarted(webhook);
    count(this.attempts, webhookIds.indexOf(delivery.webhookId), 1);
    const startedAt = Date.now();
    await later(this.attemptMs);
    gate.attemptEnded(webhook, ok);
    return settleAttempt({ delivery, policy, result: ok, requestHeaders: {}, startedAt, now: Date.now(), random: 0.5 });
  }

  private reports(): Reports {
    return {
      settle: ({ webhookId }: DeliveryOutcome) => this.append(webhookIds.indexOf(webhookId), this.reported, 1),
      park: async (into: ParkedInto, parked: readonly Parking[]) => {
        await this.append(into.number, this.parked, parked.length);
        if (into.number === 0) this.parkedLog.push(...parked.map((one, index) => this.parkedRecord(into, one, index)));
      },
    } as unknown as Reports;
  }

  private parkedRecord({ name }: ParkedInto, { webhookId, value, mainOffset }: Parking, index: number): KafkaRecord {
    const headers = { [mainOffsetHeader]: Buffer.from(String(mainOffset)), [parkedByHeader]: Buffer.from(name) };
    const offset = this.parkedLog.length + index;
    return { topic: parkedTopic, partition: 0, offset, timestampMs: 0, key: Buffer.from(webhookId), value, headers };
  }

  /** Of the first partition. */
  readParked(): void {
    const { parked } = this.leases[0] ?? {};
    const nextOffset = this.parkedLog.length;
    const fetched = { records: this.parkedLog, fetchedOffset: 0, nextOffset, highWatermark: nextOffset };
    const batch = parked?.take(fetched) ?? null;
    if (batch !== null) this.dispatch.take(batch);
  }

  private async append(partition: number, counts: number[], records: number): Promise<void> {
    await later(5);
    while (this.leaderless === partition) await later(20);
    count(counts, partition, records);
  }
}

const ok: AttemptResult = {
  kind: 'answer',
  code: 200,
  headers: {},
  bodySample: Buffer.alloc(0),
  bodyTruncated: false,
  latencyMs: 5,
};

function count(counts: number[], index: number, by: number): void {
  counts[index] = (counts[index] ?? 0) + by;
}

function leaseOf(topic: string, partition: number, keeps: 'completed' | 'positioned'): Lease {
  return new Lease({ topic, partition, epoch: 1, keeps, committed: null, startOffset: 0, endOffset: 0, wake: noop });
}

function recordOf(partition: number, offset: number): KafkaRecord {
  const webhookId = webhookIds[partition] ?? '';
  const value = codecs.delivery.encode({
    deliveryId: `${webhookId}-${offset}`,
    webhookId,
    clientId: 'c',
    eventId: 'e',
    eventType: 't',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    contentType: 'application/json',
    body: Buffer.from('{}'),
    createdAt: Date.now(),
    traceparent: null,
  });
  return { topic: mainTopic, partition, offset, timestampMs: 0, key: Buffer.from(webhookId), value, headers: {} };
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

let world: World;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000 });
  world = new World();
});

afterEach(() => {
  world.dispatch.close();
  jest.clearAllTimers();
  jest.useRealTimers();
});

test('a partition whose outcomes are not acknowledged stops after a second, and the others go on', async () => {
  await world.pass(1_000);
  world.leaderless = 0;
  const before = [...world.attempts];
  await world.pass(30_000);
  const during = world.attempts.map((attempts, partition) => attempts - (before[partition] ?? 0));
  // One delivery comes every 50 ms.
  expect(during[0]).toBeLessThanOrEqual(1_000 / 50 + 2);
  expect(during[1]).toBeGreaterThanOrEqual(30_000 / 50 - 2);
  expect(world.leases.map(({ main, parked }) => [main.position.isPaused, parked.position.isPaused])).toEqual([
    [true, true],
    [false, false],
  ]);
  // What waits in memory meanwhile is not handed to the partition that takes nothing.
  expect(world.parked).toEqual([0, 0]);
  world.leaderless = null;
  await world.pass(3_000);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(world.reported).toEqual(world.produced);
  expect(world.attempts).toEqual(world.produced);
  expect(world.leases[0]?.main.position.isPaused).toBe(false);
});

test('a parked partition that takes nothing gets no more than its share, and the others go on', async () => {
  world.leaderless = 0;
  world.attemptMs = 400;
  for (let batch = 0; batch < 1_000 && world.leases[0]?.main.position.isPaused === false; batch += 1) {
    world.produce(0, 100);
    await jest.advanceTimersByTimeAsync(1);
  }
  // All but the one in flight is on its way to the parked lane.
  expect(world.produced[0]).toBeLessThanOrEqual(2_700);
  world.attemptMs = 5;
  await world.pass(5_000);
  expect(world.attempts[1]).toBeGreaterThanOrEqual(5_000 / 50 - 2);
  world.leaderless = null;
  await jest.advanceTimersByTimeAsync(2_000);
  expect(world.leases[0]?.main.position.isPaused).toBe(false);
  expect(world.parked[0]).toBeGreaterThanOrEqual((world.produced[0] ?? 0) - 60);
});

test.each([
  ['whose parked lane has no leader', [parkedTopic]],
  ['whose main lane has no leader', [mainTopic]],
  ['of which neither lane has a leader', [mainTopic, parkedTopic]],
])('a partition %s for a while goes on where it was', async (_, leaderless) => {
  world.attemptMs = 1_500;
  for (const partition of [0, 1]) world.produce(partition, 1);
  await jest.advanceTimersByTimeAsync(50);
  expect(world.attempts).toEqual([1, 1]);
  world.revoke();
  world.assign(({ topic, partition }) => !leaderless.includes(topic) || partition !== 0);
  const { main, parked } = world.leases[0] ?? {};
  for (const lease of [main, parked]) {
    if (!leaderless.includes(lease?.topic ?? '')) expect(lease?.position.isPaused).toBe(true);
  }
  await jest.advanceTimersByTimeAsync(500);
  world.revoke();
  world.assign(() => true);
  // Both are read again while their attempts go on.
  for (const partition of [0, 1]) world.produce(partition, 1);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(world.attempts).toEqual([1, 1]);
  expect(world.reported).toEqual([1, 1]);
});

test('what ended while the main lane had no leader is not begun again when it has one', async () => {
  world.attemptMs = 1_500;
  world.produce(0, 1);
  await jest.advanceTimersByTimeAsync(50);
  world.revoke();
  world.assign(({ topic, partition }) => topic !== mainTopic || partition !== 0);
  await jest.advanceTimersByTimeAsync(3_000);
  expect(world.reported).toEqual([1, 0]);
  world.revoke();
  world.assign(() => true);
  world.produce(0, 1);
  await jest.advanceTimersByTimeAsync(3_000);
  expect(world.attempts).toEqual([1, 0]);
});

test('of a parked lane it is known how far it was read, here and by whoever committed last', () => {
  const { dispatch, leases } = world;
  const { parked } = leases[0] ?? {};
  if (parked === undefined) throw new Error('not assigned');
  const batch = { records: [], fetchedOffset: 0, nextOffset: 7, highWatermark: 7 };
  dispatch.take({ lease: parked, ...batch });
  const foreign = { offset: 2, metadata: encodeParkedState({ knownEnd: 5, base: 2, cursors: [] }) };
  expect(dispatch.knownEnd(parked, null)).toBe(7);
  expect(dispatch.knownEnd(parked, parked.toCommit()?.commit ?? null)).toBe(7);
  expect(dispatch.knownEnd(parked, foreign)).toBe(5);
  expect(dispatch.knownEnd({ topic: mainTopic, partition: 0 }, foreign)).toBe(0);
  expect(dispatch.knownEnd({ topic: parkedTopic, partition: 9 }, null)).toBe(0);
});

test('a partition that another member has meanwhile is forgotten', async () => {
  world.attemptMs = 1_500;
  world.produce(0, 1);
  await jest.advanceTimersByTimeAsync(50);
  world.revoke();
  world.dispatch.assigned([]);
  await jest.advanceTimersByTimeAsync(500);
  world.assign(() => true);
  world.produce(0, 1);
  await jest.advanceTimersByTimeAsync(3_000);
  expect(world.attempts).toEqual([2, 0]);
});

test('the copy of a strict head waits for the head, also when its webhook is parallel by then', async () => {
  const [id = ''] = webhookIds;
  const url = `https://${id}.example/`;
  world.table.apply(id, webhookDefinition(id, { url, ordering: 'strict' }));
  world.attemptMs = 4_000;
  world.produce(0, 3);
  await jest.advanceTimersByTimeAsync(2_500);
  // Its successors have waited for too long, and it goes before them.
  expect([world.attempts[0], world.parked[0]]).toEqual([1, 3]);
  world.table.apply(id, webhookDefinition(id, { url, ordering: 'parallel', maxInFlight: 4 }));
  world.attemptMs = 5;
  world.readParked();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(world.attempts[0]).toBe(1);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(world.attempts[0]).toBe(3);
  expect(world.reported[0]).toBe(3);
});
