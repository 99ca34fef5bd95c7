/**
 * One partition with 2,000 records a second, a few of them for endpoints that take 29 s to answer, and what a restart of its
 * dispatcher in the middle does again. The clock is simulated.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery/delivery.ts';
import { settleAttempt, type Settlement } from '../../libs/domain/delivery/settle.ts';
import { offsetsCovered } from '../../libs/kafka/consumer/completed-offsets.ts';
import type { CommittedOffset } from '../../libs/kafka/consumer/group-member.ts';
import { Lease } from '../../libs/kafka/consumer/lease.ts';
import { DueQueue } from '../../libs/runtime/due-queue.ts';
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
import type { DispatchCodecs, Reports } from './reports.ts';
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
const stepMs = 10;
const perStep = 20;
const fetchRecords = 5_000;
const commitMs = 250;
const slowMs = 29_000;
const quick = Array.from({ length: 50 }, (_, index) => `quick-${index}`);
const slow = Array.from({ length: 20 }, (_, index) => `slow-${index}`);
const ok: AttemptResult = {
  kind: 'answer',
  code: 200,
  headers: {},
  bodySample: Buffer.alloc(0),
  bodyTruncated: false,
  latencyMs: 5,
};

function noop(): void {
  // Metrics and logs are not what is tested here.
}

/** What outlives a dispatcher. */
class World {
  readonly log: { readonly webhookId: string; readonly value: Buffer }[] = [];
  /** Of quick webhooks: the longest from append to POST. */
  waitedMsMax = 0;
  readonly posted = new Map<string, number>();
  commit: CommittedOffset | null = null;
  /** Of the metadata of commits. */
  readonly forms = new Set<string>();

  produce(webhookId: string): void {
    const number = String(this.log.length);
    const delivery: Delivery = {
      deliveryId: number,
      webhookId,
      clientId: clientOf(webhookId),
      eventId: number,
      eventType: 't',
      kind: 'event',
      trigger: 'first',
      round: '',
      attempt: 1,
      contentType: 'application/json',
      body: Buffer.from('{}'),
      createdAt: Date.now(),
      traceparent: null,
    };
    this.log.push({ webhookId, value: codecs.delivery.encode(delivery) });
  }
}

class Life {
  private readonly world: World;
  private readonly main: Lease;
  private readonly dispatch: Dispatch;
  private readonly timers = new DueQueue<() => void>();

  constructor(world: World, epoch: number) {
    this.world = world;
    const table = new WebhookTable(new SecretBox([`k:${Buffer.alloc(32).toString('base64')}`]));
    for (const id of [...quick, ...slow]) {
      const more = { clientId: clientOf(id), url: `https://${id}.example/`, maxInFlight: 10, retryPolicy: policy };
      table.apply(id, webhookDefinition(id, { ...more, ordering: 'parallel' }));
    }
    const gate = new Gate({
      table,
      breakers: new Breakers({ failuresToOpen: 5, openMs: 10_000, onChange: noop }),
      originInFlightMax: 170,
    });
    this.dispatch = new Dispatch({
      maxInFlight: 512,
      maxSlow: 4_096,
      laneRecordsMax: 500,
      laneBytesMax: 4 * 1_024 * 1_024,
      budget: new BufferBudget(128 * 1_024 * 1_024, () => 0),
      isParkedTopic: (topic) => topic === parkedTopic,
      mayStart: () => true,
      unacknowledgedMsMax: 1_000,
      table,
      gate,
      post: { run: (delivery: Delivery) => this.post(delivery, gate, table) } as unknown as Post,
      reports: { settle: () => this.later(20), park: () => this.later(20) } as unknown as Reports,
      codecs,
      metrics: { settled: noop, heldByBreaker: noop, parked: noop, undecodable: noop } as unknown as DispatchMetrics,
      logger: silent,
    });
    const of = { partition: 0, epoch, startOffset: 0, endOffset: 0, wake: noop };
    const endOffset = world.log.length;
    this.main = new Lease({ ...of, topic: mainTopic, keeps: 'completed', committed: world.commit, endOffset });
    const parked = new Lease({ ...of, topic: parkedTopic, keeps: 'positioned', committed: null });
    this.dispatch.assigned([this.main, parked]);
  }

  async pass(ms: number, produce: () => void): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      produce();
      this.read();
      for (let due = this.timers.popDue(performance.now()); due !== null; due = this.timers.popDue(performance.now()))
        due();
      await jest.advanceTimersByTimeAsync(stepMs);
      if (passed % commitMs === 0) this.commit();
    }
  }

  kill(): void {
    this.dispatch.close();
    this.main.fence();
  }

  private commit(): void {
    const due = this.main.toCommit();
    if (due === null) return;
    expect(due.commit.metadata.length).toBeLessThanOrEqual(4_000);
    this.world.forms.add(due.commit.metadata.slice(0, 3));
    this.world.commit = due.commit;
    this.main.wasCommitted(due);
  }

  private read(): void {
    const { position } = this.main;
    const { log } = this.world;
    if (position.isPaused || position.next >= log.length) return;
    const from = position.next;
    const entries = log.slice(from, from + fetchRecords);
    position.next = from + entries.length;
    const records = entries.map(({ webhookId, value }, index) => {
      const key = Buffer.from(webhookId);
      return { topic: mainTopic, partition: 0, offset: from + index, timestampMs: 0, key, value, headers: {} };
    });
    const all = { records, fetchedOffset: from, nextOffset: position.next, highWatermark: log.length };
    const batch = this.main.take(all);
    if (batch !== null) this.dispatch.take(batch);
  }

  private async post(delivery: Delivery, gate: Gate, table: WebhookTable): Promise<Settlement> {
    const { webhookId, deliveryId, createdAt } = delivery;
    const webhook = table.find(webhookId);
    if (webhook === undefined) throw new Error('unknown webhook');
    const isSlow = webhookId.startsWith('slow');
    const { posted } = this.world;
    gate.attemptStarted(webhook);
    const startedAt = Date.now();
    if (!isSlow) this.world.waitedMsMax = Math.max(this.world.waitedMsMax, startedAt - createdAt);
    posted.set(deliveryId, (posted.get(deliveryId) ?? 0) + 1);
    await this.later(isSlow ? slowMs : 5);
    gate.attemptEnded(webhook, ok);
    return settleAttempt({ delivery, policy, result: ok, requestHeaders: {}, startedAt, now: Date.now(), random: 0.5 });
  }

  /** Fake timers of jest look through all that wait at each step: too slow for thousands. */
  private later(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.timers.push(performance.now() + ms, resolve);
    });
  }
}

function clientOf(webhookId: string): string {
  return webhookId.startsWith('slow') ? 'slow' : 'quick';
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000 });
});

afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

test('an endpoint that takes 29 s delays no other of its partition, and a restart does nothing of them again', async () => {
  const world = new World();
  const produce = () => {
    for (let index = 0; index < perStep; index += 1) world.produce(quick[world.log.length % quick.length] ?? '');
  };
  const first = new Life(world, 1);
  for (const webhookId of slow) world.produce(webhookId);
  await first.pass(20_000, produce);
  expect(world.log.length).toBeGreaterThan(offsetsCovered * 1.5);
  expect(world.log.length - world.posted.size).toBeLessThan(perStep * 5);
  expect(world.waitedMsMax).toBeLessThanOrEqual(stepMs * 2);
  expect(world.commit?.offset).toBe(0);
  expect(world.forms).toContain('c2:');
  first.kill();
  const second = new Life(world, 2);
  await second.pass(31_000, produce);
  expect(world.waitedMsMax).toBeLessThanOrEqual(500);
  expect(world.commit?.offset).toBeGreaterThan(world.log.length - 1_000);
  await second.pass(1_000, noop);
  expect(world.posted.size).toBe(world.log.length);
  const again = [...world.posted].filter(([, times]) => times > 1);
  expect(again.filter(([number]) => Number(number) < slow.length)).toHaveLength(slow.length);
  // Since the last commit.
  expect(again.length).toBeLessThanOrEqual(slow.length + (2_000 * (commitMs + 50)) / 1_000);
}, 120_000);
