/**
 * In: batches of webhook.deliveries and of the parked lane. Out: one POST per delivery, its outcome on Kafka, and a
 * retry, parked or dead record where one follows.
 * Holds: a record is complete once all that follows from it is acknowledged by Kafka, never before; a webhook's deliveries start in
 * order; one webhook's trouble takes no other's turn; late work of a stay that is over belongs to its own {@link Partition}.
 */
import type { Delivery, RetryDelivery } from '../../libs/domain/delivery/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/delivery/outcome.ts';
import type { PartitionLease, PositionedLease, RecordBatch } from '../../libs/kafka/record.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { BufferBudget } from './gate/buffer-budget.ts';
import { DeliveryReader } from './delivery-reader.ts';
import type { DispatchMetrics } from './dispatch-metrics.ts';
import type { Gate } from './gate/gate.ts';
import { isHeldUp, isOverdue, type HoldUpLimits } from './gate/held-up.ts';
import { byPartition, type LaneItem } from './lanes/lane-item.ts';
import type { Running } from './lanes/lane.ts';
import { Lanes } from './lanes/lanes.ts';
import { Parker } from './parked/parker.ts';
import { settledHead } from './parked/parked-state.ts';
import type { Partition, PartitionHooks } from './partition.ts';
import { refusePing } from './pings/ping-refusal.ts';
import { Pings } from './pings/pings.ts';
import { Partitions, type AssignedPartition } from './partitions.ts';
import type { Post } from './post.ts';
import { SettledRecords } from './settled/settled-records.ts';
import { parkedFrom, type DispatchCodecs, type Reports } from './reports.ts';
import { dueAt, resumedFrom } from './lanes/strict-heads.ts';
import type { WebhookTable } from './webhook-table.ts';
import { writeLine, type LineOptions } from './lanes/wide-line.ts';

export interface DispatchOptions extends HoldUpLimits, LineOptions {
  readonly maxInFlight: number;
  readonly maxSlow: number;
  readonly laneRecordsMax: number;
  readonly laneBytesMax: number;
  readonly budget: BufferBudget;
  readonly isParkedTopic: (topic: string) => boolean;
  /** False while what is done cannot be accounted for: asked before each attempt, and before what is old is diverted. */
  readonly mayStart: () => boolean;
  readonly table: WebhookTable;
  readonly gate: Gate;
  readonly post: Post;
  readonly reports: Reports;
  readonly codecs: DispatchCodecs;
  readonly metrics: DispatchMetrics;
}

const slowAfterMs = 500;
const divertAfterMs = 2_000;
const sweepMs = 50;
/** How soon a ping of a partition that cannot report asks again. */
const pingAgainMs = 50;
const noFollowUp = { kind: 'none' } as const;

export class Dispatch {
  readonly lanes: Lanes;
  private readonly options: DispatchOptions;
  private readonly partitions: Partitions;
  private readonly acknowledgements: Acknowledgements;
  private readonly reader: DeliveryReader;
  private readonly parker: Parker;
  private readonly pings: Pings;
  private readonly sweeper: NodeJS.Timeout;

  constructor(options: DispatchOptions) {
    this.options = options;
    const { gate, codecs, reports, metrics, logger } = options;
    this.partitions = new Partitions({
      isParkedTopic: options.isParkedTopic,
      hooks: this.hooks(),
      isHeldUp: (partition) => isHeldUp(partition, monotonicMs(), options),
      begun: (partition, parked) => {
        this.noteCut(partition, parked);
      },
    });
    this.acknowledgements = new Acknowledgements(logger);
    const parts = { codecs, reports, metrics, logger, acknowledgements: this.acknowledgements };
    this.reader = new DeliveryReader(parts);
    this.parker = new Parker({ ...parts, reader: this.reader });
    this.lanes = new Lanes({
      ...options,
      slowAfterMs,
      divertAfterMs,
      mayStart: () => options.budget.mayAppend && options.mayStart(),
      clientOf: (webhookId) => gate.clientOf(webhookId),
      limit: (webhookId) => gate.limit(webhookId),
      admit: (webhookId, now) => gate.admit(webhookId, now),
      hasRoom: (origin, clientId) => gate.hasRoom(origin, clientId),
      waitsFor: (webhookId, now) => gate.waitsFor(webhookId, now),
      start: (item, webhookId, attempt) => {
        void this.attempt(item, webhookId, attempt);
      },
      heldBack: (item, webhookId) => {
        if (gate.isBreakerOpen(webhookId)) metrics.heldByBreaker(webhookId, this.reader.eventTypeOf(item));
      },
      divert: (webhookId, items, reason) => {
        for (const [partition, own] of byPartition(items)) this.parker.divert(partition, webhookId, own, reason);
      },
      giveBack: (webhookId, items) => {
        for (const [partition, own] of byPartition(items)) partition.giveBack(webhookId, own);
      },
      roomGrew: (webhookId, partition) => {
        partition.log.mayHaveRoom(webhookId);
      },
    });
    const refusal = { ...parts, reader: this.reader, hooks: this.hooks() };
    this.pings = new Pings({
      clientOf: (webhookId) => gate.clientOf(webhookId),
      mayStart: () => options.mayStart(),
      notBefore: (webhookId, { partition }, now) =>
        gate.unknownUntil(webhookId, now) ?? (isOverdue(partition, now, options) ? now + pingAgainMs : null),
      start: (item, webhookId) => void this.attempt(item, webhookId, null),
      refuse: (item, webhookId) => void refusePing(item, webhookId, refusal),
    });
    this.sweeper = setInterval(() => {
      this.sweep();
    }, sweepMs);
  }

  /** Parked records in this member's partitions belong to so many webhooks. */
  get parkedWebhooks(): number {
    return this.partitions.sumOf((log) => log.parkedWebhooks);
  }

  /** From the oldest that waits to the end of the parked lane, over this member's partitions. */
  get parkedRecords(): number {
    return this.partitions.sumOf((log) => log.recordsAtMost);
  }

  /** Up to where the log of a partition was written, as far as is known here and in its last commit. */
  knownEnd(one: AssignedPartition, committed: PositionedLease['committed']): number {
    return this.partitions.knownEnd(one, committed);
  }

  /** See {@link Partitions.assigned}. */
  assigned(
    leases: readonly PartitionLease[],
    unreadable: readonly AssignedPartition[] = [],
    settled: SettledRecords = new SettledRecords(),
  ): void {
    this.partitions.assigned(leases, unreadable, settled);
  }

  /** Lets go of what waits; resolves when what is under way is acknowledged. */
  async revoking(leases: readonly PartitionLease[]): Promise<void> {
    const leaving = this.partitions.leave(leases);
    this.lanes.drop(new Set(leases));
    this.pings.drop(new Set(leases));
    for (const partition of leaving) await partition.allSettled();
  }

  take(batch: RecordBatch): void {
    const partition = this.partitions.of(batch.lease);
    if (partition === undefined) return;
    const isParked = this.options.isParkedTopic(batch.lease.topic);
    const codec = isParked ? this.options.codecs.parked : this.options.codecs.delivery;
    partition.schemas.whenKnown(batch, codec, () => {
      partition.take(batch);
      this.partitions.keepWithin(this.options.budget);
      this.partitions.holdUp(partition);
      this.lanes.run(monotonicMs());
    });
  }

  close(): void {
    clearInterval(this.sweeper);
    this.lanes.stop();
  }

  /** What a partition does with its records. */
  private hooks(): PartitionHooks {
    return {
      parkedCapacity: (webhookId) => this.lanes.parkedCapacity(webhookId),
      drained: (webhookId) => {
        this.lanes.undivert(webhookId);
      },
      add: (webhookId, item) => {
        if (item.source === 'main' && !this.lanes.isDiverted(webhookId) && item.partition.log.isParked(webhookId)) {
          this.lanes.setDiverted(webhookId, 'backlog');
        }
        this.lanes.add(webhookId, item);
      },
      // A ping asks how the endpoint is now: behind its backlog the answer would come too late. So does a test of a paused webhook.
      isExpress: (webhookId, kind) =>
        kind === 'ping' || (kind === 'test' && this.options.gate.isPaused(webhookId) && this.pings.hasRoom(webhookId)),
      express: (webhookId, item) => {
        if (item.partition.isOpenFor(item.lease)) this.pings.add(webhookId, item, monotonicMs());
      },
      now: monotonicMs,
    };
  }

  private noteCut({ log: { lost } }: Partition, { topic, partition, committed, endOffset }: PositionedLease): void {
    if (lost === null) return;
    this.options.metrics.parkedLogCut();
    this.options.logger.error(
      { topic, partition, lost, committed: committed?.offset, endOffset },
      'the parked lane ends before its committed offset: reading what is left',
    );
  }

  private sweep(): void {
    const now = monotonicMs();
    this.options.gate.watchTable(now);
    for (const webhookId of this.options.gate.resumed()) this.lanes.wake(webhookId);
    this.lanes.sweep(now);
    this.pings.sweep(now);
    this.partitions.sweep(this.options.budget);
  }

  private async attempt(item: LaneItem, webhookId: string, attempt: Running | null): Promise<void> {
    const { partition } = item;
    partition.opened();
    try {
      if (item.source === 'main') partition.starts(item.offset);
      const delivery = this.reader.read(item, webhookId);
      const resumed = delivery === null ? null : resumedFrom(delivery, item);
      if (resumed?.kind === 'send') {
        await this.deliver(resumed.delivery, item, attempt);
        return;
      }
      if (resumed?.kind === 'wait') this.lanes.putBack(webhookId, { ...item, notBefore: resumed.dueAt });
      if (resumed?.kind === 'settled') partition.complete(item, webhookId);
      this.release(attempt, webhookId);
    } catch (error) {
      this.acknowledgements.leave(error);
    } finally {
      partition.settled();
    }
  }

  private async deliver(delivery: Delivery, item: LaneItem, attempt: Running | null): Promise<void> {
    const { partition } = item;
    const webhook = this.options.table.find(delivery.webhookId);
    const isStrict = webhook?.definition.ordering === 'strict' && attempt !== null;
    if (isStrict && item.source === 'main') partition.heads.started(delivery, item);
    const settlement = await this.options.post.run(delivery, webhook);
    const { outcome, followUp } = settlement;
    const isHead = isStrict && followUp.kind === 'retry';
    const isCopied = isStrict && item.source === 'main' && partition.heads.isCopied(delivery.webhookId);
    // A head's place is free once its outcome is acknowledged; with a copy of it, what a commit says of that comes after.
    const keepsPlace = isHead || isCopied;
    if (isStrict && !keepsPlace) this.letGo(delivery.webhookId, item);
    if (!keepsPlace) this.release(attempt, delivery.webhookId);
    const append = partition.appends.begin(monotonicMs(), 0, 0);
    await this.options.reports.settle(outcome, isHead ? noFollowUp : followUp, isHead ? null : item.name);
    partition.appends.end(append);
    if (isHead) this.holdHead(outcome, followUp.delivery, item);
    else if (isCopied) this.letGo(delivery.webhookId, item);
    else partition.complete(item, delivery.webhookId);
    if (keepsPlace) this.release(attempt, delivery.webhookId);
    this.options.metrics.settled(settlement, delivery);
    writeLine(this.options, settlement);
  }

  /** The webhook's place is free again; null: it waited for no other. */
  private release(attempt: Running | null, webhookId: string): void {
    if (attempt === null) this.pings.ended(webhookId, monotonicMs());
    else this.lanes.finish(attempt);
    this.lanes.run(monotonicMs());
  }

  /**
   * A strict webhook waits for its head: it goes back to its place, not to a retry tier. Its outcome is acknowledged by
   * now, so a main record has nothing left to wait for but its place in the parked lane.
   */
  private holdHead(outcome: DeliveryOutcome, next: RetryDelivery, item: LaneItem): void {
    const { webhookId, notBefore } = next;
    const { partition } = item;
    const until = dueAt(notBefore);
    if (partition.isHeld) {
      this.options.gate.block(webhookId, { deliveryId: next.deliveryId, since: outcome.startedAt, until });
    }
    if (item.source === 'parked') {
      const { log } = partition;
      log.noteHead(webhookId, { attempt: (log.headAt(webhookId, item.offset)?.attempt ?? 0) + 1, notBefore });
      if (partition.isOpen) this.lanes.putBack(webhookId, { ...item, notBefore: until });
      else log.giveBack(webhookId, [item.offset]);
    } else if (partition.heads.ended(webhookId)) {
      partition.log.noteHead(webhookId, { attempt: 1, notBefore });
    } else if (partition.isHeld) {
      const value = this.options.codecs.parked.encode(parkedFrom(next, 'blocked', notBefore, Date.now()));
      this.lanes.divertBehind(webhookId, () => {
        this.parker.park(partition, { webhookId, value, mainOffset: item.offset, mainRecord: item.name }, item.lease);
      });
    } else {
      // Nothing may be written for it any more: whoever reads it next tries it as if this had not been.
      partition.abandon(item.offset);
    }
  }

  /** The head of a strict webhook is settled: its successors need not wait for it any more. */
  private letGo(webhookId: string, { source, partition }: LaneItem): void {
    const isCopied = source === 'main' && partition.heads.ended(webhookId);
    if (isCopied) partition.log.noteHead(webhookId, { attempt: settledHead, notBefore: 0 });
    if (partition.isHeld) this.options.gate.unblock(webhookId);
  }
}
