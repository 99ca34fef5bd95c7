/**
 * A dispatcher whose clients want very different things of it: some have endpoints that take their time and much to send to
 * them, others have endpoints that answer at once. The clock is simulated.
 */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery/delivery.ts';
import { settleAttempt, type Settlement } from '../../libs/domain/delivery/settle.ts';
import type { Ordering } from '../../libs/domain/webhook/webhook.ts';
import { Lease } from '../../libs/kafka/consumer/lease.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
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
/** As they are by default, but for the places, which are an eighth so that few webhooks are many. */
const limits = { maxInFlight: 64, maxSlow: 512, originInFlightMax: 170 };
const stepMs = 10;
const acknowledgeMs = 20;
/** What is read takes no time here: a burst is read at once. */
const fetchRecords = 100_000;

function noop(): void {
  // Metrics and logs are not what is tested here.
}

/** The webhooks of a client, all alike. */
interface Kind {
  readonly name: string;
  /** By default one that has these webhooks only. */
  readonly clientId?: string;
  readonly webhooks: number;
  readonly ordering: Ordering;
  readonly answerMs: number;
  /** Of all of its webhooks; by default each has one of its own. */
  readonly origin?: string;
  /** 200 by default. */
  readonly bodyBytes?: number;
}

interface Entry {
  readonly webhookId: string;
  readonly value: Buffer;
}

class World {
  /** From the append of each event to its POST, by the name of its webhook's kind. */
  readonly waits = new Map<string, number[]>();
  /** POSTs under way, likewise. */
  readonly open = new Map<string, number>();
  /** The order of POSTs, by webhook. */
  readonly posted = new Map<string, number[]>();
  readonly dispatch: Dispatch;
  private readonly logs: Record<string, Entry[]> = { [mainTopic]: [], [parkedTopic]: [] };
  private readonly kinds = new Map<string, Kind>();
  private readonly timers = new DueQueue<() => void>();
  private readonly leases = { main: lease(mainTopic, 'completed'), parked: lease(parkedTopic, 'positioned') };
  private produced = 0;
  private unacknowledged = 0;

  constructor(kinds: readonly Kind[], bufferMebibytes = 128) {
    const table = new WebhookTable(new SecretBox([`k:${Buffer.alloc(32).toString('base64')}`]));
    for (const kind of kinds) {
      for (const id of webhooksOf(kind)) {
        this.kinds.set(id, kind);
        const url = `https://${kind.origin ?? id}.example/${id}`;
        const more = { clientId: clientOf(kind), url, ordering: kind.ordering, maxInFlight: 10, retryPolicy: policy };
        table.apply(id, webhookDefinition(id, more));
      }
    }
    const breakers = new Breakers({ failuresToOpen: 5, openMs: 10_000, onChange: noop });
    const gate = new Gate({ table, breakers, originInFlightMax: limits.originInFlightMax });
    this.dispatch = new Dispatch({
      maxInFlight: limits.maxInFlight,
      maxSlow: limits.maxSlow,
      laneRecordsMax: 500,
      laneBytesMax: 4 * 1_024 * 1_024,
      budget: new BufferBudget(bufferMebibytes * 1_024 * 1_024, () => this.unacknowledged),
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
    this.dispatch.assigned([this.leases.main, this.leases.parked]);
  }

  produce(webhookId: string): void {
    this.produced += 1;
    const value = codecs.delivery.encode(deliveryOf(webhookId, this.kindOf(webhookId), this.produced));
    this.logs[mainTopic]?.push({ webhookId, value });
  }

  /** 40 events a second for the webhooks of `calm`, in turn. */
  async pass(ms: number, calm: readonly string[]): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      if (passed % 20 === 0) this.produce(calm[(passed / 20) % calm.length] ?? '');
      this.poll();
      for (let due = this.timers.popDue(performance.now()); due !== null; due = this.timers.popDue(performance.now()))
        due();
      await jest.advanceTimersByTimeAsync(stepMs);
    }
  }

  private kindOf(webhookId: string): Kind {
    const kind = this.kinds.get(webhookId);
    if (kind === undefined) throw new Error(`unknown webhook ${webhookId}`);
    return kind;
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

  private async post(delivery: Delivery, gate: Gate, table: WebhookTable): Promise<Settlement> {
    const webhook = table.find(delivery.webhookId);
    if (webhook === undefined) throw new Error('unknown webhook');
    const { name, answerMs } = this.kindOf(delivery.webhookId);
    gate.attemptStarted(webhook);
    const startedAt = Date.now();
    listIn(this.waits, name).push(startedAt - delivery.createdAt);
    listIn(this.posted, delivery.webhookId).push(Number(delivery.deliveryId));
    this.open.set(name, (this.open.get(name) ?? 0) + 1);
    await this.later(answerMs);
    this.open.set(name, (this.open.get(name) ?? 0) - 1);
    gate.attemptEnded(webhook, ok);
    return settleAttempt({ delivery, policy, result: ok, requestHeaders: {}, startedAt, now: Date.now(), random: 0.5 });
  }

  private reports(): Reports {
    return {
      settle: () => this.later(acknowledgeMs),
      park: async (_: number, parked: readonly Parking[]) => {
        const bytes = parked.reduce((sum, { value }) => sum + value.length, 0);
        this.unacknowledged += bytes;
        await this.later(acknowledgeMs);
        this.unacknowledged -= bytes;
        for (const { webhookId, value } of parked) this.logs[parkedTopic]?.push({ webhookId, value });
      },
    } as unknown as Reports;
  }

  /** Fake timers of jest look through all that wait at each step: too slow for thousands. */
  private later(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.timers.push(performance.now() + ms, resolve);
    });
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

function clientOf({ name, clientId = name }: Kind): string {
  return clientId;
}

function webhooksOf({ name, webhooks }: Kind): readonly string[] {
  return Array.from({ length: webhooks }, (_, index) => `${name}-${index}`);
}

function deliveryOf(webhookId: string, kind: Kind, number: number): Delivery {
  return {
    deliveryId: String(number),
    webhookId,
    clientId: clientOf(kind),
    eventId: String(number),
    eventType: 't',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    contentType: 'application/json',
    body: Buffer.alloc(kind.bodyBytes ?? 200),
    createdAt: Date.now(),
    traceparent: null,
  };
}

function lease(topic: string, keeps: 'completed' | 'positioned'): Lease {
  return new Lease({ topic, partition: 0, epoch: 1, keeps, committed: null, startOffset: 0, endOffset: 0, wake: noop });
}

function recordOf(topic: string, offset: number, { webhookId, value }: Entry): KafkaRecord {
  return { topic, partition: 0, offset, timestampMs: 0, key: Buffer.from(webhookId), value, headers: {} };
}

function listIn(lists: Map<string, number[]>, key: string): number[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Infinity;
}

const calmKind = { name: 'calm', webhooks: 20, ordering: 'inOrder', answerMs: 5 } as const;

const aloneMs = new Map<string, number>();

/** Simulated, so that it is the same each time. @returns p99 of its waits with nobody beside it */
async function alone(kind: Kind): Promise<number> {
  const name = JSON.stringify(kind);
  const known = aloneMs.get(name);
  if (known !== undefined) return known;
  const world = new World([kind]);
  await world.pass(10_000, webhooksOf(kind));
  world.dispatch.close();
  const waitedMs = p99(listIn(world.waits, 'calm'));
  aloneMs.set(name, waitedMs);
  return waitedMs;
}

/**
 * @param each events of each webhook of the others
 * @returns p99 of the calm client's waits, with nobody beside it and with the others; the largest number of open POSTs
 */
async function beside(others: readonly Kind[], each: number, calm: Partial<Kind> = {}, bufferMebibytes = 128) {
  const quiet: Kind = { ...calmKind, ...calm };
  const calmMs = await alone(quiet);
  const world = new World([quiet, ...others], bufferMebibytes);
  await world.pass(2_000, webhooksOf(quiet));
  for (let round = 0; round < each; round += 1) {
    for (const kind of others) for (const webhookId of webhooksOf(kind)) world.produce(webhookId);
  }
  listIn(world.waits, 'calm').length = 0;
  let openMax = 0;
  for (let second = 0; second < 40; second += 1) {
    await world.pass(1_000, webhooksOf(quiet));
    openMax = Math.max(openMax, world.open.get(others[0]?.name ?? '') ?? 0);
  }
  world.dispatch.close();
  const waited = p99(listIn(world.waits, 'calm'));
  return { calmMs, waitedMs: waited, openMax, world };
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000 });
});

afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

describe('a client with more to send than its share', () => {
  const hoarder: Kind = { name: 'hoarder', webhooks: 128, ordering: 'parallel', answerMs: 25_000 };
  const ten = Array.from({ length: 10 }, (_, index) => ({ ...hoarder, name: `hoarder${index}` }));

  test.each<[string, readonly Kind[], number]>([
    ['one, endpoints of 25 s', [hoarder], 12],
    ['one, endpoints of 1 s', [{ ...hoarder, answerMs: 1_000 }], 40],
    ['one, endpoints of 5 s', [{ ...hoarder, answerMs: 5_000 }], 40],
    ['one, endpoints of 29 s', [{ ...hoarder, answerMs: 29_000 }], 12],
    ['one that is just not slow', [{ ...hoarder, answerMs: 450 }], 100],
    ['one with webhooks in order', [{ ...hoarder, webhooks: 1_000, ordering: 'inOrder' }], 3],
    ['one with strict webhooks', [{ ...hoarder, webhooks: 1_000, ordering: 'strict' }], 3],
    ['one with 20,000 waiting', [{ ...hoarder, webhooks: 200 }], 100],
    ['ten of them', ten, 12],
  ])(
    'delays no other: %s',
    async (_name, others, each) => {
      const { calmMs, waitedMs } = await beside(others, each);
      expect(waitedMs).toBeLessThanOrEqual(calmMs * 1.1 + stepMs);
    },
    60_000,
  );

  test('has all that others leave, and gets everything in the end, in order where it is to be', async () => {
    const quick: Kind = { ...hoarder, ordering: 'inOrder', webhooks: 400, answerMs: 2_000 };
    const { openMax, world } = await beside([quick], 5);
    // Half of the places for slow ones.
    expect(openMax).toBeGreaterThanOrEqual(limits.maxSlow / 2);
    expect(openMax).toBeLessThanOrEqual(limits.maxSlow / 2 + limits.maxInFlight);
    for (const webhookId of webhooksOf(quick)) {
      const order = listIn(world.posted, webhookId);
      expect(order).toHaveLength(5);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  }, 60_000);

  test('shares the slow places too: an endpoint of a second waits for none of 29', async () => {
    const { calmMs, waitedMs } = await beside([{ ...hoarder, answerMs: 29_000 }], 12, {
      answerMs: 1_000,
      webhooks: 100,
    });
    expect(waitedMs).toBeLessThanOrEqual(calmMs * 1.1 + stepMs);
  }, 60_000);

  test('leaves its own quick webhooks alone', async () => {
    const { calmMs, waitedMs } = await beside(
      [{ ...hoarder, clientId: 'calm', webhooks: 400, ordering: 'inOrder' }],
      3,
    );
    expect(waitedMs).toBeLessThanOrEqual(calmMs * 1.1 + stepMs);
  }, 60_000);

  test('shares a host with others', async () => {
    const origin = 'shared';
    const { calmMs, waitedMs, openMax } = await beside([{ ...hoarder, origin }], 12, { origin });
    expect(waitedMs).toBeLessThanOrEqual(calmMs * 1.1 + stepMs);
    expect(openMax).toBeGreaterThan(100);
  }, 60_000);
});

describe('a client with large payloads', () => {
  /** The default of 128, by eight as the places; so is the largest body of 256 KiB. */
  const bufferMebibytes = 16;
  const large: Kind = { name: 'large', webhooks: 512, ordering: 'parallel', answerMs: 29_000, bodyBytes: 32_000 };
  const ten = Array.from({ length: 10 }, (_, index) => ({ ...large, webhooks: 128, name: `large${index}` }));

  test.each<[string, readonly Kind[], number, Partial<Kind>]>([
    ['one, an event of each webhook, endpoints of 29 s', [large], 1, {}],
    ['one, endpoints of 29 s', [large], 4, {}],
    ['one, endpoints of 5 s', [{ ...large, answerMs: 5_000 }], 4, {}],
    ['one that is just not slow', [{ ...large, answerMs: 450 }], 4, {}],
    ['one whose endpoints answer at once, two thousand webhooks', [{ ...large, answerMs: 5, webhooks: 2_000 }], 1, {}],
    ['one with webhooks in order', [{ ...large, ordering: 'inOrder' }], 4, {}],
    ['one with strict webhooks', [{ ...large, ordering: 'strict' }], 4, {}],
    ['ten of them', ten, 4, {}],
    ['ten of them, beside others whose payloads are large too', ten, 4, { bodyBytes: 32_000 }],
  ])(
    'delays no other: %s',
    async (_name, others, each, calm) => {
      const { calmMs, waitedMs, world } = await beside(others, each, calm, bufferMebibytes);
      expect(listIn(world.waits, 'calm').length).toBeGreaterThan(1_900);
      expect(waitedMs).toBeLessThanOrEqual(calmMs * 1.1 + stepMs);
    },
    60_000,
  );

  test('gets everything in the end, in order where it is to be', async () => {
    const quick: Kind = { ...large, ordering: 'inOrder', answerMs: 50 };
    const { world } = await beside([quick], 5, {}, bufferMebibytes);
    for (const webhookId of webhooksOf(quick)) {
      const order = listIn(world.posted, webhookId);
      expect(order).toHaveLength(5);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  }, 60_000);
});
