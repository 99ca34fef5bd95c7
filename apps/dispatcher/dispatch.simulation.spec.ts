/**
 * The whole of the dispatcher's own part, its lanes, parked log, gate, strict heads and offset trackers, against a
 * simple model: two logs, endpoints that fail and hang, a Kafka that acknowledges late, or lets an append land when its
 * process is gone, restarts, kills, rebalances that do not wait, a member that is cut off beside its successor, commits
 * without an answer, pauses, a clock that is set back. The clock is simulated; nothing here is real but what is tested.
 */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/delivery/outcome.ts';
import { settleAttempt, type FollowUp, type Settlement } from '../../libs/domain/delivery/settle.ts';
import type { Ordering, WebhookDefinition } from '../../libs/domain/webhook/webhook.ts';
import { isPaused, type Pause } from '../../libs/domain/webhook/pause.ts';
import { offsetsCovered } from '../../libs/kafka/consumer/completed-offsets.ts';
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
import { metadataCharactersMax } from './parked/parked-state.ts';
import type { Post } from './post.ts';
import {
  mainOffsetHeader,
  mainTopicIdHeader,
  parkedByHeader,
  type DispatchCodecs,
  type ParkedInto,
  type Parking,
  type Reports,
} from './reports.ts';
import { mainRecordHeader, SettledRecords } from './settled/settled-records.ts';
import { WebhookTable } from './webhook-table.ts';

const mainTopic = 'webhook.deliveries';
const parkedTopic = 'webhook.deliveries.parked';
const source = { schemaById: () => Promise.resolve(null) };
const codecs = {
  delivery: new AvroCodec<Delivery>(schemaFile('webhook.deliveries'), 1, source),
  parked: new AvroCodec<ParkedDelivery>(schemaFile('webhook.deliveries.parked'), 2, source),
} as unknown as DispatchCodecs;
const secretBox = new SecretBox([`k:${Buffer.alloc(32).toString('base64')}`]);
const policy = { maxAttempts: 20, baseDelayMs: 1_000, maxDelayMs: 3_000, backoffFactor: 2, jitter: 0 };
const silent = { debug: noop, info: noop, warn: noop, error: noop, child: () => silent };

function noop(): void {
  // Metrics and logs are not what is tested here.
}

function definitionOf(id: string, ordering: Ordering): WebhookDefinition {
  // Two of them share an origin, and its places; each of these has a client that it shares places with another.
  const url = `https://${id === 'b' ? 'a' : id}.example/${id}`;
  const clientId = id === 'a' || id === 'p' ? 'c' : 'd';
  return webhookDefinition(id, { url, clientId, ordering, maxInFlight: 4, retryPolicy: policy });
}

interface Attempt {
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly isOk: boolean;
}

interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

/** What survives a crash: the logs, the commits, the endpoints and what they saw. */
class World {
  readonly logs: Record<string, Buffer[]> = { [mainTopic]: [], [parkedTopic]: [] };
  readonly keys: Record<string, string[]> = { [mainTopic]: [], [parkedTopic]: [] };
  /** When each record was written, by the clock of then. */
  readonly writtenAt: Record<string, number[]> = { [mainTopic]: [], [parkedTopic]: [] };
  /** By offset in the parked topic. */
  readonly mainOffsets: number[] = [];
  readonly parkedBy: string[] = [];
  readonly parkedOf: (string | null)[] = [];
  readonly standFor: (string | null)[] = [];
  /** Null when the cluster has none. */
  mainTopicId: string | null = 'first';
  parkedTopicId: string | null = 'lane';
  /** What outcomes on Kafka say that they settle, and of which attempts these outcomes are. */
  readonly settles: string[] = [];
  readonly settledAttempts = new Set<string>();
  readonly committed: Record<string, Committed | null> = { [mainTopic]: null, [parkedTopic]: null };
  readonly attempts: Attempt[] = [];
  readonly produced: { webhookId: string; deliveryId: string }[] = [];
  readonly isDown = new Set<string>();
  readonly isSlow = new Set<string>();
  /** Deliveries whose attempt was answered 200, once the answer was there. */
  readonly delivered = new Set<string>();
  readonly pauses = new Map<string, Pause>();
  /** Of each process that there was. */
  readonly tables: WebhookTable[] = [];
  /** Attempts that began while their webhook was paused. */
  readonly sentWhilePaused: string[] = [];
  /** Successors of a strict head that were tried before it was delivered. */
  readonly overtaken: string[] = [];
  /** How often a delivery may have been repeated: once for each fault that found it in flight or not committed. */
  readonly mayRepeat = new Map<string, number>();
  /** The coordinator does not answer. */
  isCommitAway = false;
  /** Appends landed when their process had a successor. */
  hasLateAppends = false;
  /** Until when appends of killed processes may land, on the monotonic clock, and how many stays began meanwhile. */
  lateUntil = 0;
  staysWhileLate = 0;
  /** Attempts that a commit knows of. */
  readonly committedAttempts = new Set<string>();
  /** Deliveries whose end Kafka was told of. */
  readonly reported = new Set<string>();
  /** Attempts that were made again although a commit knew of them, or Kafka had their outcome. */
  readonly needless: string[] = [];
  /** Retries that are in the log, and of these the ones that are there twice: what they follow was rightly repeated. */
  readonly retries = new Set<string>();
  readonly doubled = new Set<string>();
  /** Retries that are not due yet. */
  retriesAhead = 0;
  /** Appends on their way, those of killed processes that will land among them. */
  appendsAhead = 0;

  constructor(readonly orderings: Readonly<Record<string, Ordering>>) {}

  expectLate(lateMs: number): void {
    this.hasLateAppends = true;
    this.lateUntil = performance.now() + lateMs + 1_000;
    this.staysWhileLate = 0;
  }

  /** Two faults: a copy that lands in the second stay finds its main record complete, and nobody knows by whom. */
  stayBegins(): void {
    this.noteCopies();
    if (performance.now() > this.lateUntil) return;
    this.staysWhileLate += 1;
    if (this.staysWhileLate === 1) return;
    this.committedAttempts.clear();
    for (const { deliveryId } of this.produced)
      this.mayRepeat.set(deliveryId, (this.mayRepeat.get(deliveryId) ?? 0) + 1);
  }

  /**
   * Two faults again: a copy that landed late, and the one of the stay that passed it over, are both in the parked log. The
   * next stay cannot tell them apart.
   */
  private noteCopies(): void {
    const seen = new Set<number>();
    for (const offset of this.mainOffsets) {
      const value = seen.has(offset) ? this.logs[mainTopic]?.[offset] : undefined;
      const delivery = value === undefined ? null : codecs.delivery.decode(value);
      if (delivery !== null) this.doubled.add(delivery.deliveryId);
      seen.add(offset);
    }
  }

  append(topic: string, key: string, value: Buffer, writtenAt = Date.now()): void {
    this.logs[topic]?.push(value);
    this.keys[topic]?.push(key);
    this.writtenAt[topic]?.push(writtenAt);
  }

  /** As the API has it in force everywhere. */
  pause(webhookId: string): void {
    this.definePause(webhookId, { pausedSince: Date.now(), pausedUntil: Date.now() + 3_600_000 });
  }

  resume(webhookId: string): void {
    const { pausedSince = null } = this.pauses.get(webhookId) ?? {};
    if (pausedSince !== null) this.definePause(webhookId, { pausedSince, pausedUntil: Date.now() });
  }

  definitionOf(id: string): WebhookDefinition {
    return { ...definitionOf(id, this.orderings[id] ?? 'inOrder'), ...this.pauses.get(id) };
  }

  private definePause(webhookId: string, pause: Pause): void {
    this.pauses.set(webhookId, pause);
    for (const table of this.tables) table.apply(webhookId, this.definitionOf(webhookId));
  }

  produce(webhookId: string): void {
    const deliveryId = `${webhookId}-${this.produced.length}`;
    this.produced.push({ webhookId, deliveryId });
    this.append(mainTopic, webhookId, codecs.delivery.encode(deliveryOf(webhookId, deliveryId)));
  }
}

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
    body: Buffer.from('{}'),
    createdAt: Date.now(),
    traceparent: null,
  };
}

/** One life of a dispatcher. */
class Life {
  private readonly dispatch: Dispatch;
  private leases: { main: Lease; parked: Lease };
  private isAlive = true;
  /** Acknowledgements come in the order of the appends. */
  private landed: Promise<void> = Promise.resolve();
  private readonly world: World;
  private epoch: number;
  /** Attempts whose outcomes Kafka acknowledged. */
  private readonly settled = new Set<string>();
  /** What was tried since the last commit that knows of it. */
  private readonly uncommitted = new Map<string, string>();
  /** What is under way lands so much later once the process is dead; null: never. */
  private lateMs: number | null = null;
  private isCutOff = false;
  /** Attempts whose outcomes were on Kafka when this stay began. */
  private settledBefore: ReadonlySet<string> = new Set();
  private readonly completed = new Set<number>();

  constructor(world: World, epoch: number) {
    this.world = world;
    this.epoch = epoch;
    const table = new WebhookTable(secretBox);
    for (const id of Object.keys(world.orderings)) table.apply(id, world.definitionOf(id));
    world.tables.push(table);
    const breakers = new Breakers({ failuresToOpen: 3, openMs: 2_000, onChange: noop });
    const gate = new Gate({ table, breakers, originInFlightMax: 2 });
    this.dispatch = new Dispatch({
      maxInFlight: 8,
      maxSlow: 24,
      laneRecordsMax: 70,
      laneBytesMax: 1_000_000,
      budget: new BufferBudget(16_000_000, () => 0),
      isParkedTopic: (topic) => topic === parkedTopic,
      mayStart: () => !this.isCutOff && !this.world.isCommitAway,
      unacknowledgedMsMax: 1_000,
      table,
      gate,
      post: { run: (delivery: Delivery) => this.post(delivery, gate, table) } as unknown as Post,
      reports: this.reports(),
      codecs,
      metrics: {
        settled: noop,
        attempted: noop,
        heldByBreaker: noop,
        parked: noop,
        undecodable: noop,
        parkedLogCut: noop,
      } as unknown as DispatchMetrics,
      logger: silent,
    });
    this.leases = this.assign();
  }

  get isAtRest(): boolean {
    const { lanes, parkedWebhooks } = this.dispatch;
    return lanes.queued === 0 && lanes.inFlight === 0 && parkedWebhooks === 0;
  }

  /** Reads once of both topics, as a fetch would. */
  poll(count: number): void {
    for (const lease of [this.leases.parked, this.leases.main]) {
      const log = this.world.logs[lease.topic] ?? [];
      const { next, isPaused } = lease.position;
      if (isPaused || next >= log.length) continue;
      const end = Math.min(next + count, log.length);
      const records = Array.from({ length: end - next }, (_, index) => this.record(lease.topic, next + index));
      lease.position.next = end;
      const batch = lease.take({ records, fetchedOffset: next, nextOffset: end, highWatermark: log.length });
      if (batch !== null) this.dispatch.take(batch);
    }
  }

  commit(): void {
    if (this.world.isCommitAway || this.isCutOff) return;
    for (const lease of [this.leases.main, this.leases.parked]) {
      const due = lease.toCommit();
      if (due === null) continue;
      expect(due.commit.metadata.length).toBeLessThanOrEqual(metadataCharactersMax);
      this.world.committed[lease.topic] = due.commit;
      lease.wasCommitted(due);
    }
    // The spread of what is read and not committed stays within what a commit can speak of.
    const behind = this.leases.main.position.next - (this.world.committed[mainTopic]?.offset ?? 0);
    expect(behind).toBeLessThanOrEqual(offsetsCovered);
    // Until all that was parked before is known nothing new can be said, and the main lane is held.
    if (this.leases.main.position.isPaused) return;
    for (const attempt of this.settled) this.world.committedAttempts.add(attempt);
    for (const attempt of this.settled) this.uncommitted.delete(attempt);
    this.settled.clear();
  }

  /** What was not acknowledged is as if it had not been, or lands later. */
  kill(lateMs: number | null): void {
    this.isAlive = false;
    this.lateMs = lateMs;
    if (lateMs !== null) this.world.expectLate(lateMs);
    this.dispatch.close();
    this.fence();
    this.mayRepeat();
  }

  /** It is frozen, or the coordinator does not hear it: another has its partition, and what is under way here goes on. */
  cutOff(): void {
    this.isCutOff = true;
    this.world.hasLateAppends = true;
    this.mayRepeat();
  }

  /** It hears again: it gives up what it no longer had, and is done. */
  async hearAgain(): Promise<void> {
    await this.revoke(8_000);
    this.fence();
    this.dispatch.close();
  }

  /** It hears again, and its partition was given back to it. */
  async returns(epoch: number): Promise<void> {
    await this.revoke(200);
    this.fence();
    this.isCutOff = false;
    // Its successor may have written down that it will do them.
    this.settled.clear();
    this.epoch = epoch;
    this.leases = this.assign();
  }

  /** A rebalance after which it has what it had; attempts may outlast it. */
  async rejoin(epoch: number): Promise<void> {
    await this.revoke(400);
    this.commit();
    this.fence();
    this.epoch = epoch;
    this.leases = this.assign();
  }

  /** What this process has completed it need not do again, as libs/kafka remembers it from one stay to the next. */
  private remember(main: Lease): void {
    main.wasComplete(this.completed);
    const complete = main.complete.bind(main);
    const wasComplete = main.wasComplete.bind(main);
    main.complete = (offset) => {
      this.completed.add(offset);
      complete(offset);
    };
    main.wasComplete = (offsets) => {
      for (const offset of offsets) this.completed.add(offset);
      wasComplete(offsets);
    };
  }

  private mayRepeat(): void {
    const { mayRepeat } = this.world;
    for (const deliveryId of new Set(this.uncommitted.values())) {
      mayRepeat.set(deliveryId, (mayRepeat.get(deliveryId) ?? 0) + 1);
    }
  }

  private async revoke(deadlineMs: number): Promise<void> {
    const drained = this.dispatch.revoking([this.leases.main, this.leases.parked]);
    await advancing(Promise.race([drained, later(deadlineMs)]));
  }

  private assign(): { main: Lease; parked: Lease } {
    this.world.stayBegins();
    const leases = { main: this.lease(mainTopic, 'completed'), parked: this.lease(parkedTopic, 'positioned') };
    this.remember(leases.main);
    const settled = new SettledRecords();
    for (const name of this.world.settles) settled.add(Buffer.from(name));
    this.settledBefore = new Set(this.world.settledAttempts);
    this.dispatch.assigned([leases.main, leases.parked], [], settled);
    return leases;
  }

  async leave(): Promise<void> {
    await advancing(this.dispatch.revoking([this.leases.main, this.leases.parked]));
    this.commit();
    if (this.world.isCommitAway) this.mayRepeat();
    this.fence();
    this.dispatch.close();
  }

  private fence(): void {
    this.leases.main.fence();
    this.leases.parked.fence();
  }

  private lease(topic: string, keeps: 'completed' | 'positioned'): Lease {
    const endOffset = this.world.logs[topic]?.length ?? 0;
    const committed = this.world.committed[topic] ?? null;
    return new Lease({
      topic,
      partition: 0,
      epoch: this.epoch,
      keeps,
      topicId: topic === mainTopic ? this.world.mainTopicId : this.world.parkedTopicId,
      committed,
      startOffset: 0,
      endOffset,
      wake: noop,
    });
  }

  private record(topic: string, offset: number): KafkaRecord {
    const key = Buffer.from(this.world.keys[topic]?.[offset] ?? '');
    return {
      topic,
      partition: 0,
      offset,
      timestampMs: this.world.writtenAt[topic]?.[offset] ?? 0,
      key,
      value: this.world.logs[topic]?.[offset] ?? null,
      headers: topic === parkedTopic ? this.headersAt(offset) : {},
    };
  }

  private headersAt(offset: number): Record<string, Buffer> {
    const { mainOffsets, parkedBy, parkedOf, standFor } = this.world;
    const topicId = parkedOf[offset] ?? null;
    return {
      [mainOffsetHeader]: Buffer.from(String(mainOffsets[offset])),
      [parkedByHeader]: Buffer.from(parkedBy[offset] ?? ''),
      ...(topicId === null ? {} : { [mainTopicIdHeader]: Buffer.from(topicId) }),
      ...(standFor[offset] == null ? {} : { [mainRecordHeader]: Buffer.from(standFor[offset]) }),
    };
  }

  private async post(delivery: Delivery, gate: Gate, table: WebhookTable): Promise<Settlement> {
    const webhook = table.find(delivery.webhookId);
    if (webhook === undefined) throw new Error('unknown webhook');
    gate.attemptStarted(webhook);
    this.noteStart(delivery);
    if (isPaused(webhook.definition, Date.now())) this.world.sentWhilePaused.push(attemptName(delivery));
    const startedAt = Date.now();
    const name = attemptName(delivery);
    if (
      (this.world.committedAttempts.has(name) || this.settledBefore.has(name)) &&
      !this.world.doubled.has(delivery.deliveryId)
    ) {
      this.world.needless.push(name);
    }
    const isOk = !this.world.isDown.has(delivery.webhookId);
    this.world.attempts.push({ webhookId: delivery.webhookId, deliveryId: delivery.deliveryId, isOk });
    await later(this.world.isSlow.has(delivery.webhookId) ? 700 : 5);
    if (isOk) this.world.delivered.add(delivery.deliveryId);
    const code = isOk ? 200 : 500;
    const result: AttemptResult = {
      kind: 'answer',
      code,
      headers: {},
      bodySample: Buffer.alloc(0),
      bodyTruncated: false,
      latencyMs: 5,
    };
    gate.attemptEnded(webhook, result);
    return settleAttempt({ delivery, policy, result, requestHeaders: {}, startedAt, now: Date.now(), random: 0.5 });
  }

  private noteStart(delivery: Delivery): void {
    const { deliveryId, webhookId } = delivery;
    this.uncommitted.set(attemptName(delivery), deliveryId);
    if (this.world.orderings[webhookId] !== 'strict') return;
    const own = this.world.produced.filter((one) => one.webhookId === webhookId);
    const predecessor = own[own.findIndex((one) => one.deliveryId === deliveryId) - 1];
    if (predecessor !== undefined && !this.world.delivered.has(predecessor.deliveryId)) {
      this.world.overtaken.push(`${deliveryId} before ${predecessor.deliveryId}`);
    }
  }

  private reports(): Reports {
    const never = new Promise<void>(noop);
    const inOrder = (effect: () => void) => {
      if (!this.isAlive) return never;
      this.world.appendsAhead += 1;
      this.landed = this.landed
        .then(() => later(3))
        .then(async () => {
          if (!this.isAlive && this.lateMs !== null) await later(this.lateMs);
          this.world.appendsAhead -= 1;
          if (this.isAlive || this.lateMs !== null) effect();
        });
      // A killed process hears of no acknowledgement.
      return this.landed.then(() => (this.isAlive ? undefined : never));
    };
    return {
      settle: async (outcome: DeliveryOutcome, followUp: FollowUp, settles: string | null) => {
        if (followUp.kind === 'retry') {
          await inOrder(() => {
            this.scheduleRetry(followUp);
          });
        }
        await inOrder(() => {
          // The failed head of a strict webhook is not over with its outcome: it waits, or is parked.
          const isOver = outcome.status === 'delivered' || this.world.orderings[outcome.webhookId] !== 'strict';
          if (isOver) this.settled.add(attemptName(outcome));
          if (outcome.status === 'delivered') this.world.reported.add(outcome.deliveryId);
          if (settles === null) return;
          this.world.settles.push(settles);
          this.world.settledAttempts.add(attemptName(outcome));
        });
      },
      park: ({ name, mainTopicId }: ParkedInto, parked: readonly Parking[]) => {
        // By the producer's clock, when it is sent.
        const sentAt = Date.now();
        return inOrder(() => {
          for (const { webhookId, value, mainOffset, mainRecord } of parked) {
            this.world.append(parkedTopic, webhookId, value, sentAt);
            this.world.mainOffsets.push(mainOffset);
            this.world.parkedBy.push(name);
            this.world.parkedOf.push(mainTopicId);
            this.world.standFor.push(mainRecord);
          }
        });
      },
    } as unknown as Reports;
  }

  /** The retry-scheduler's part: back on the main topic when due. It outlives the dispatcher. */
  private scheduleRetry({ delivery }: Extract<FollowUp, { kind: 'retry' }>): void {
    const name = attemptName(delivery);
    if (this.world.retries.has(name)) this.world.doubled.add(delivery.deliveryId);
    this.world.retries.add(name);
    this.world.retriesAhead += 1;
    setTimeout(() => {
      this.world.retriesAhead -= 1;
      this.world.append(mainTopic, delivery.webhookId, codecs.delivery.encode(delivery));
    }, delivery.notBefore - Date.now());
  }
}

function attemptName({ deliveryId, attempt }: { readonly deliveryId: string; readonly attempt: number }): string {
  return `${deliveryId} attempt ${attempt}`;
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets simulated time pass until the promise is settled. */
async function advancing(promise: Promise<void>): Promise<void> {
  const state = { isOver: false };
  void promise.then(() => {
    state.isOver = true;
  });
  for (let step = 0; step < 1_000 && !state.isOver; step += 1) await jest.advanceTimersByTimeAsync(20);
  expect(state.isOver).toBe(true);
}

const webhooks = { a: 'inOrder', b: 'inOrder', p: 'parallel', s: 'strict' } as const satisfies Record<string, Ordering>;
const ids = Object.keys(webhooks);
const webhook = fc.constantFrom(...ids);
const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('produce' as const), webhook, count: fc.constantFrom(1, 3, 90) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 10, 100, 1_000, 3_000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('down' as const), webhook }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('up' as const), webhook }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow' as const), webhook }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pause' as const), webhook }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume' as const), webhook }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('kill' as const), lateMs: fc.constantFrom(null, 5, 300, 2_500) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rejoin' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cutOff' as const), returns: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('commits' as const), away: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.constantFrom(-30_000, 30_000) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Found by the property: the copy of a strict head was sent although the head had been delivered, after a restart. */
const copiedHeadThatSucceeds: Action[] = [
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'slow', webhook: 's' },
  { kind: 'pass', ms: 100 },
  { kind: 'leave' },
];

/** Found by the property: what was parked before a kill was parked again after two in a row. */
const killedAgainAtOnce: Action[] = [
  { kind: 'slow', webhook: 'b' },
  { kind: 'produce', webhook: 'b', count: 90 },
  { kind: 'pass', ms: 100 },
  { kind: 'kill', lateMs: null },
  { kind: 'pass', ms: 10 },
  { kind: 'kill', lateMs: null },
];

/** Found by the property: a strict head of which there was a copy when its process was killed was parked again. */
const killedWithCopiedHead: Action[] = [
  { kind: 'produce', webhook: 'a', count: 90 },
  { kind: 'slow', webhook: 's' },
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'pass', ms: 1_000 },
  { kind: 'kill', lateMs: null },
];

/** Seen on the real stack: what was parked since the last commit was parked again after a kill, and sent twice. */
const killedAfterParking: Action[] = [
  { kind: 'produce', webhook: 'a', count: 90 },
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'slow', webhook: 'a' },
  { kind: 'slow', webhook: 's' },
  { kind: 'pass', ms: 1_000 },
  { kind: 'produce', webhook: 'a', count: 90 },
  { kind: 'pass', ms: 100 },
  { kind: 'kill', lateMs: null },
];

/** A drain outlasted its deadline: nothing was delivered from then on, and a strict head was sent again. */
const drainThatOutlastsItsDeadline: Action[] = [
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'slow', webhook: 's' },
  { kind: 'pass', ms: 100 },
  { kind: 'rejoin' },
  { kind: 'pass', ms: 1_000 },
  { kind: 'rejoin' },
];

/** What a killed process was parking landed when its successor was sending the same from the main lane. */
const parkedAfterItsDeath: Action[] = [
  { kind: 'slow', webhook: 'p' },
  { kind: 'produce', webhook: 'p', count: 90 },
  { kind: 'pass', ms: 1 },
  { kind: 'pass', ms: 1 },
  { kind: 'kill', lateMs: 300 },
  { kind: 'pass', ms: 3_000 },
];

/** The copy of a strict head was on its way when its process was killed: head and copy were both tried, each in its turn. */
const headCopiedAfterItsDeath: Action[] = [
  { kind: 'slow', webhook: 's' },
  { kind: 'produce', webhook: 's', count: 3 },
  { kind: 'pass', ms: 1 },
  { kind: 'down', webhook: 's' },
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'pass', ms: 1 },
  { kind: 'pass', ms: 1 },
  { kind: 'kill', lateMs: 300 },
  { kind: 'pass', ms: 3_000 },
  { kind: 'up', webhook: 's' },
];

/** Found by the property: a member that was cut off parked what its successor had sent, and sent it when it was back. */
const cutOffLongerThanALaneWaits: Action[] = [
  { kind: 'produce', webhook: 'a', count: 3 },
  { kind: 'slow', webhook: 'a' },
  { kind: 'pass', ms: 1_000 },
  { kind: 'cutOff', returns: true },
];

/** Found by the property: a copy under way when its process was cut off, and its successor killed with a copy of its own. */
const cutOffThenKilled: Action[] = [
  { kind: 'down', webhook: 'b' },
  { kind: 'produce', webhook: 'b', count: 90 },
  { kind: 'pass', ms: 1_000 },
  { kind: 'produce', webhook: 'b', count: 1 },
  { kind: 'pass', ms: 1 },
  { kind: 'cutOff', returns: false },
  { kind: 'kill', lateMs: null },
];

/** Found by the property: the last append of a killed process landed when its successor left. */
const landedAtTheEnd: Action[] = [
  { kind: 'down', webhook: 's' },
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'pass', ms: 10 },
  { kind: 'kill', lateMs: 2_500 },
  { kind: 'pass', ms: 1 },
];

/** Found by the property: of what landed late one half was passed over, and the other one overtook it in the next stay. */
const landedHalfBeforeARebalance: Action[] = [
  { kind: 'produce', webhook: 'a', count: 90 },
  { kind: 'pass', ms: 1 },
  { kind: 'pass', ms: 1 },
  { kind: 'kill', lateMs: 5 },
  { kind: 'pass', ms: 100 },
  { kind: 'rejoin' },
];

/** Found by the property: copies landed in the second stay after a kill, and the stay between had sent copies of its own. */
const landedInTheSecondStay: Action[] = [
  { kind: 'produce', webhook: 'a', count: 90 },
  { kind: 'pass', ms: 1 },
  { kind: 'pass', ms: 1 },
  { kind: 'kill', lateMs: 2_500 },
  { kind: 'pass', ms: 1 },
  { kind: 'pass', ms: 1_000 },
  { kind: 'kill', lateMs: null },
];

/** Found by the property: the first attempt succeeded unheard, and the end came before the last retry of the second. */
const deliveredBeforeItsRetries: Action[] = [
  { kind: 'slow', webhook: 'p' },
  { kind: 'produce', webhook: 'p', count: 1 },
  { kind: 'pass', ms: 10 },
  { kind: 'down', webhook: 'p' },
  { kind: 'kill', lateMs: null },
  { kind: 'pass', ms: 1_000 },
  { kind: 'pass', ms: 1_000 },
  { kind: 'pass', ms: 3_000 },
  { kind: 'pass', ms: 100 },
];

/** What comes while it is paused, what waits already, a head that fails, its retries: all of it holds, over a restart too. */
const pausedOverARestart: Action[] = [
  { kind: 'down', webhook: 's' },
  { kind: 'produce', webhook: 's', count: 3 },
  { kind: 'produce', webhook: 'p', count: 90 },
  { kind: 'pass', ms: 100 },
  { kind: 'pause', webhook: 's' },
  { kind: 'pause', webhook: 'p' },
  { kind: 'produce', webhook: 's', count: 90 },
  { kind: 'produce', webhook: 'p', count: 3 },
  { kind: 'pass', ms: 3_000 },
  { kind: 'leave' },
  { kind: 'pass', ms: 3_000 },
  { kind: 'kill', lateMs: null },
  { kind: 'up', webhook: 's' },
  { kind: 'pass', ms: 1_000 },
  { kind: 'resume', webhook: 's' },
];

async function pass(life: Life, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    life.poll(40);
    await jest.advanceTimersByTimeAsync(Math.min(50, ms));
    if (passed % 250 === 0) life.commit();
  }
}

async function live(actions: readonly Action[]): Promise<World> {
  const world = new World(webhooks);
  let epoch = 1;
  let life = new Life(world, epoch);
  for (const step of actions) {
    if (step.kind === 'produce') for (let index = 0; index < step.count; index += 1) world.produce(step.webhook);
    else if (step.kind === 'pass') await pass(life, step.ms);
    else if (step.kind === 'down') world.isDown.add(step.webhook);
    else if (step.kind === 'up') world.isDown.delete(step.webhook);
    else if (step.kind === 'slow') world.isSlow.add(step.webhook);
    else if (step.kind === 'pause') world.pause(step.webhook);
    else if (step.kind === 'resume') world.resume(step.webhook);
    else if (step.kind === 'commits') world.isCommitAway = step.away;
    else if (step.kind === 'clock') jest.setSystemTime(Date.now() + step.ms);
    else if (step.kind === 'rejoin') await life.rejoin((epoch += 1));
    else if (step.kind === 'cutOff') {
      life.cutOff();
      const successor = new Life(world, (epoch += 1));
      await pass(successor, 1_000);
      if (step.returns) {
        await successor.leave();
        await life.returns((epoch += 1));
      } else {
        await life.hearAgain();
        life = successor;
      }
    } else {
      if (step.kind === 'leave') await life.leave();
      else life.kill(step.lateMs);
      life = new Life(world, (epoch += 1));
    }
  }
  world.isDown.clear();
  world.isSlow.clear();
  world.isCommitAway = false;
  for (const id of world.pauses.keys()) world.resume(id);
  for (let round = 0; round < 250 && !(isAllOver(world) && life.isAtRest); round += 1) await pass(life, 1_000);
  expect(life.isAtRest).toBe(true);
  await pass(life, 3_000);
  // What a killed process had handed over lands one after the other, each late: that has to be read too.
  while (world.appendsAhead > 0) await pass(life, 1_000);
  await pass(life, 1_000);
  await life.leave();
  return world;
}

/** A delivery that was answered when nobody was there to hear it may have retries ahead of it. */
function isAllOver(world: World): boolean {
  const { size } = deliveredIds(world);
  return size === world.produced.length && world.reported.size === size && world.retriesAhead === 0;
}

function deliveredIds(world: World): Set<string> {
  return new Set(world.attempts.filter(({ isOk }) => isOk).map(({ deliveryId }) => deliveryId));
}

/** In the order in which each delivery of the webhook was first tried. */
function firstAttempts(world: World, webhookId: string): string[] {
  return [
    ...new Set(world.attempts.filter((attempt) => attempt.webhookId === webhookId).map(({ deliveryId }) => deliveryId)),
  ];
}

function expectPromisesKept(world: World): void {
  expect(deliveredIds(world).size).toBe(world.produced.length);
  expect(world.reported.size).toBe(world.produced.length);
  for (const [webhookId, ordering] of Object.entries(webhooks)) {
    const produced = world.produced
      .filter((delivery) => delivery.webhookId === webhookId)
      .map(({ deliveryId }) => deliveryId);
    if (ordering !== 'parallel') expect(firstAttempts(world, webhookId)).toEqual(produced);
  }
  expectStrictKept(world);
  expect(world.overtaken).toEqual([]);
  expect(world.sentWhilePaused).toEqual([]);
  // A kill repeats only what was in flight, or completed since the last commit.
  expect(world.needless).toEqual([]);
  expectNoneRepeated(world);
  // What a crash kept from being committed is not parked a second time.
  if (!world.hasLateAppends) expect(new Set(world.mainOffsets).size).toBe(world.mainOffsets.length);
  // At the end nothing is left to do, and the commits say so.
  expect(world.committed[mainTopic]?.offset ?? 0).toBe(world.logs[mainTopic]?.length);
  expect(world.committed[parkedTopic]?.offset ?? 0).toBe(world.logs[parkedTopic]?.length);
}

/** One owner for each delivery: whatever is repeated was in flight, or not committed, at a fault. */
function expectNoneRepeated(world: World): void {
  const times = new Map<string, number>();
  for (const { deliveryId, isOk } of world.attempts) if (isOk) times.set(deliveryId, (times.get(deliveryId) ?? 0) + 1);
  const tooOften = [...times].filter(
    ([deliveryId, count]) => count > 1 + (world.mayRepeat.get(deliveryId) ?? 0) && !world.doubled.has(deliveryId),
  );
  expect(tooOften).toEqual([]);
}

/** Nothing of a strict webhook is first tried before its predecessor was delivered. */
function expectStrictKept(world: World): void {
  const delivered = new Set<string>();
  const tried = new Set<string>();
  const own = world.attempts.filter(({ webhookId }) => webhookId === 's');
  const order = firstAttempts(world, 's');
  for (const { deliveryId, isOk } of own) {
    const predecessor = order[order.indexOf(deliveryId) - 1];
    if (!tried.has(deliveryId) && predecessor !== undefined) expect(delivered).toContain(predecessor);
    tried.add(deliveryId);
    if (isOk) delivered.add(deliveryId);
  }
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000 });
});

afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

/** SIMULATION_RUNS=2000 for a night of it. */
const runs = Number(process.env['SIMULATION_RUNS'] ?? 300);

describe('a dispatcher, whatever happens to it', () => {
  test(
    'delivers everything, each webhook in its order, and commits it all',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 25, size: 'max' }), async (actions) => {
          jest.clearAllTimers();
          expectPromisesKept(await live(actions));
        }),
        {
          numRuns: runs,
          examples: [
            [killedAfterParking],
            [killedAgainAtOnce],
            [killedWithCopiedHead],
            [drainThatOutlastsItsDeadline],
            [parkedAfterItsDeath],
            [headCopiedAfterItsDeath],
            [cutOffLongerThanALaneWaits],
            [deliveredBeforeItsRetries],
            [cutOffThenKilled],
            [landedAtTheEnd],
            [pausedOverARestart],
            [landedHalfBeforeARebalance],
            [landedInTheSecondStay],
          ],
        },
      );
    },
    60_000 + runs * 1_000,
  );

  test(
    'sends nothing twice as long as it is not killed',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 25, size: 'max' }), async (actions) => {
          jest.clearAllTimers();
          const world = await live(actions.filter(({ kind }) => !['kill', 'cutOff', 'commits'].includes(kind)));
          const ok = world.attempts.filter(({ isOk }) => isOk).map(({ deliveryId }) => deliveryId);
          expect(ok.length - new Set(ok).size).toBe(0);
        }),
        { numRuns: runs, examples: [[copiedHeadThatSucceeds], [drainThatOutlastsItsDeadline]] },
      );
    },
    60_000 + runs * 1_000,
  );

  test('goes on when the topic of its parked lane was made anew', async () => {
    const world = new World(webhooks);
    world.isDown.add('a');
    for (let index = 0; index < 90; index += 1) world.produce('a');
    const before = new Life(world, 1);
    await pass(before, 5_000);
    await before.leave();
    expect(world.committed[parkedTopic]?.offset).toBeLessThan(world.mainOffsets.length);
    world.committed[parkedTopic] = { ...(world.committed[parkedTopic] ?? { metadata: '' }), offset: 80 };
    const { mainOffsets, parkedBy, parkedOf, standFor, writtenAt } = world;
    const { [parkedTopic]: times } = writtenAt;
    for (const lost of [
      world.logs[parkedTopic],
      world.keys[parkedTopic],
      times,
      mainOffsets,
      parkedBy,
      parkedOf,
      standFor,
    ]) {
      lost?.splice(0);
    }
    world.parkedTopicId = 'another lane';
    world.isDown.clear();
    const after = new Life(world, 2);
    world.produce('a');
    world.produce('p');
    await pass(after, 5_000);
    expect([...world.delivered]).toEqual(expect.arrayContaining(['a-90', 'p-91']));
    expect(after.isAtRest).toBe(true);
    await after.leave();
    expect(world.committed[mainTopic]?.offset).toBe(world.logs[mainTopic]?.length);
    expect(world.committed[parkedTopic].offset).toBe(world.logs[parkedTopic]?.length);
  });

  test.each([
    ['and the cluster has topic ids', 'first', 'second', 100],
    ['and nothing was written to it before the assignment', null, null, 0],
  ])('skips nothing when the main topic alone was made anew, %s', async (_, first, second, writtenBefore) => {
    const world = new World(webhooks);
    world.mainTopicId = first;
    world.isSlow.add('a');
    for (let index = 0; index < 90; index += 1) world.produce('a');
    const before = new Life(world, 1);
    before.poll(90);
    await jest.advanceTimersByTimeAsync(100);
    // Parked, and no commit says so.
    const parked = world.mainOffsets.length;
    expect(parked).toBeGreaterThan(50);
    before.kill(null);
    for (const lost of [world.logs[mainTopic], world.keys[mainTopic], world.writtenAt[mainTopic]]) lost?.splice(0);
    world.committed[mainTopic] = null;
    world.mainTopicId = second;
    world.isSlow.clear();
    for (let index = 0; index < writtenBefore; index += 1) world.produce('p');
    const after = new Life(world, 2);
    for (let index = writtenBefore; index < 100; index += 1) world.produce('p');
    await pass(after, 10_000);
    expect([...world.delivered].filter((deliveryId) => deliveryId.startsWith('p'))).toHaveLength(100);
    // What was parked is a delivery of its own still.
    expect([...world.delivered].filter((deliveryId) => deliveryId.startsWith('a')).length).toBeGreaterThanOrEqual(
      parked,
    );
    expect(after.isAtRest).toBe(true);
    await after.leave();
    expect(world.committed).toMatchObject({ [mainTopic]: { offset: world.logs[mainTopic]?.length } });
  });

  test('skips nothing that was parked out of a log before, of which it does not say which', async () => {
    const world = new World(webhooks);
    // As when nobody told the id of the topic at the assignment.
    world.mainTopicId = null;
    world.isSlow.add('a');
    for (let index = 0; index < 90; index += 1) world.produce('a');
    const before = new Life(world, 1);
    before.poll(90);
    await jest.advanceTimersByTimeAsync(100);
    const parked = world.mainOffsets.length;
    expect(parked).toBeGreaterThan(50);
    before.kill(null);
    for (const lost of [world.logs[mainTopic], world.keys[mainTopic], world.writtenAt[mainTopic]]) lost?.splice(0);
    world.committed[mainTopic] = null;
    world.mainTopicId = 'second';
    world.pause('a');
    const between = new Life(world, 2);
    for (let index = 0; index < 100; index += 1) world.produce('p');
    await pass(between, 3_000);
    expect([...world.delivered].filter((deliveryId) => deliveryId.startsWith('p'))).toHaveLength(100);
    between.kill(null);
    world.isSlow.clear();
    const after = new Life(world, 3);
    world.resume('a');
    await pass(after, 10_000);
    expect([...world.delivered].filter((deliveryId) => deliveryId.startsWith('a')).length).toBeGreaterThanOrEqual(
      parked,
    );
    await after.leave();
  });

  test('begins the same offset of another log although an attempt of the one before goes on', async () => {
    const world = new World(webhooks);
    world.isSlow.add('p');
    world.produce('p');
    const life = new Life(world, 1);
    life.poll(1);
    await jest.advanceTimersByTimeAsync(50);
    expect(world.attempts).toHaveLength(1);
    for (const lost of [world.logs[mainTopic], world.keys[mainTopic], world.writtenAt[mainTopic]]) lost?.splice(0);
    world.committed[mainTopic] = null;
    world.mainTopicId = 'second';
    world.produce('p');
    await life.rejoin(2);
    world.isSlow.clear();
    await pass(life, 3_000);
    expect([...world.delivered].sort()).toEqual(['p-0', 'p-1']);
    await life.leave();
  });
});
