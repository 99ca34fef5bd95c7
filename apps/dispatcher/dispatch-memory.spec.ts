/**
 * A dispatcher with a backlog of thousands of webhooks whose endpoints are slow, and some that are well. The clock is
 * simulated, Kafka acknowledges late or not at all for a while.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery/delivery.ts';
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
import type { Post } from './post.ts';
import type { DispatchCodecs, Parking, Reports } from './reports.ts';
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

function noop(): void {
  // Metrics and logs are not what is tested here.
}

const slowCount = 3_000;
const healthyCount = 20;
const perWebhook = 6;
const bodyBytes = 2_048;
const budgetBytes = 20 * 1_024 * 1_024;
const fetchRecords = 100;
const slowMs = 3_000;
const healthyMs = 5;
const settings = { maxInFlight: 1_000, maxSlow: 3_000, acknowledgeMs: 100 };

interface Entry {
  readonly webhookId: string;
  readonly value: Buffer;
}

/** Kafka, the endpoints, and a dispatcher with one partition between them. */
class World {
  readonly logs: Record<string, Entry[]> = { [mainTopic]: [], [parkedTopic]: [] };
  readonly delivered = new Map<string, number>();
  isKafkaAway = false;
  peakBytes = 0;
  readonly dispatch: Dispatch;
  readonly budget: BufferBudget;
  private unacknowledged = 0;
  private acknowledged: Promise<void> = Promise.resolve();
  private readonly leases: { main: Lease; parked: Lease };

  constructor(bufferBytesMax: number) {
    const table = new WebhookTable(new SecretBox([`k:${Buffer.alloc(32).toString('base64')}`]));
    const ids = [
      ...Array.from({ length: slowCount }, (_, index) => `slow-${index}`),
      ...Array.from({ length: healthyCount }, (_, index) => `healthy-${index}`),
    ];
    for (const id of ids)
      table.apply(id, webhookDefinition(id, { url: `https://${id}.example/`, retryPolicy: policy }));
    const breakers = new Breakers({ failuresToOpen: 5, openMs: 10_000, onChange: noop });
    const gate = new Gate({ table, breakers, originInFlightMax: 128 });
    this.budget = new BufferBudget(bufferBytesMax, () => this.unacknowledged);
    this.dispatch = new Dispatch({
      maxInFlight: settings.maxInFlight,
      maxSlow: settings.maxSlow,
      laneRecordsMax: 500,
      laneBytesMax: 4 * 1_024 * 1_024,
      budget: this.budget,
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
    for (let round = 0; round < perWebhook; round += 1) for (const id of ids) this.produce(id, `${id}-${round}`);
    this.leases = { main: lease(mainTopic, 'completed'), parked: lease(parkedTopic, 'positioned') };
    this.dispatch.assigned([this.leases.main, this.leases.parked]);
  }

  get total(): number {
    return (slowCount + healthyCount) * perWebhook;
  }

  healthyDelivered(): number {
    return [...this.delivered.keys()].filter((id) => id.startsWith('healthy')).length;
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.poll();
      await jest.advanceTimersByTimeAsync(10);
      const { main, parked, unacknowledged } = this.budget.used;
      this.peakBytes = Math.max(this.peakBytes, main + parked + unacknowledged);
    }
  }

  private poll(): void {
    for (const { topic, position, take } of this.readable()) {
      const log = this.logs[topic] ?? [];
      const { next } = position;
      const end = Math.min(next + fetchRecords, log.length);
      const records = log.slice(next, end).map((entry, index) => recordOf(topic, next + index, entry));
      position.next = end;
      const batch = take({ records, fetchedOffset: next, nextOffset: end, highWatermark: log.length });
      if (batch !== null) this.dispatch.take(batch);
    }
  }

  private readable() {
    return [this.leases.parked, this.leases.main]
      .filter(({ topic, position }) => !position.isPaused && position.next < (this.logs[topic]?.length ?? 0))
      .map((one) => ({ topic: one.topic, position: one.position, take: one.take.bind(one) }));
  }

  private produce(webhookId: string, deliveryId: string): void {
    const value = codecs.delivery.encode(deliveryOf(webhookId, deliveryId));
    this.logs[mainTopic]?.push({ webhookId, value });
  }

  private async post(delivery: Delivery, gate: Gate, table: WebhookTable): Promise<Settlement> {
    const webhook = table.find(delivery.webhookId);
    if (webhook === undefined) throw new Error('unknown webhook');
    gate.attemptStarted(webhook);
    const startedAt = Date.now();
    await later(delivery.webhookId.startsWith('slow') ? slowMs : healthyMs);
    this.delivered.set(delivery.deliveryId, (this.delivered.get(delivery.deliveryId) ?? 0) + 1);
    gate.attemptEnded(webhook, ok);
    return settleAttempt({ delivery, policy, result: ok, requestHeaders: {}, startedAt, now: Date.now(), random: 0.5 });
  }

  private reports(): Reports {
    return {
      settle: () => this.append(300, noop),
      park: (_: number, parked: readonly Parking[]) =>
        this.append(
          parked.reduce((sum, { value }) => sum + value.length, 0),
          () => {
            for (const { webhookId, value } of parked) this.logs[parkedTopic]?.push({ webhookId, value });
          },
        ),
    } as unknown as Reports;
  }

  /** Acknowledged in the order of the appends. */
  private append(bytes: number, done: () => void): Promise<void> {
    this.unacknowledged += bytes;
    const due = later(settings.acknowledgeMs);
    this.acknowledged = this.acknowledged.then(async () => {
      await due;
      while (this.isKafkaAway) await later(50);
      this.unacknowledged -= bytes;
      done();
    });
    return this.acknowledged;
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

function deliveryOf(webhookId: string, deliveryId: string): Delivery {
  return {
    deliveryId,
    webhookId,
    clientId: 'c',
    eventId: deliveryId,
    eventType: 't',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    contentType: 'application/json',
    body: Buffer.alloc(bodyBytes),
    createdAt: Date.now(),
    traceparent: null,
  };
}

function lease(topic: string, keeps: 'completed' | 'positioned'): Lease {
  return new Lease({
    topic,
    partition: 0,
    epoch: 1,
    keeps,
    committed: null,
    startOffset: 0,
    endOffset: 0,
    wake: noop,
  });
}

function recordOf(topic: string, offset: number, { webhookId, value }: Entry): KafkaRecord {
  return { topic, partition: 0, offset, timestampMs: 0, key: Buffer.from(webhookId), value, headers: {} };
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000 });
});

afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

test('3,000 slow webhooks and a backlog stay within the budget, hold up no other, and get everything', async () => {
  const world = new World(budgetBytes);
  await world.pass(1_000);
  // Kafka is away: what is read waits, and no more is read than there is room for.
  world.isKafkaAway = true;
  await world.pass(4_000);
  world.isKafkaAway = false;
  let seconds = 5;
  for (; world.healthyDelivered() < healthyCount * perWebhook && seconds < 120; seconds += 1) await world.pass(1_000);
  const healthySeconds = seconds;
  for (; world.delivered.size < world.total && seconds < 300; seconds += 1) await world.pass(1_000);
  await world.pass(1_000);
  const { main, parked, unacknowledged } = world.budget.used;
  world.dispatch.close();
  expect(world.delivered.size).toBe(world.total);
  expect(Math.max(...world.delivered.values())).toBe(1);
  // What a fetch brings after the last look comes on top.
  expect(world.peakBytes).toBeLessThan(budgetBytes + 2 * fetchRecords * (bodyBytes + 1_000));
  expect(healthySeconds).toBeLessThan(seconds / 2);
  expect({ main, parked, unacknowledged }).toEqual({ main: 0, parked: 0, unacknowledged: 0 });
}, 120_000);
