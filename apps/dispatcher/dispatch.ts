/**
 * In: batches of webhook.deliveries and of the parked lane. Out: one POST per delivery, its outcome on Kafka, and a
 * retry, parked or dead record where one follows.
 * Holds: a record is complete once all that follows from it is acknowledged by Kafka, never before; a webhook's
 * deliveries start in order; one webhook's trouble takes no other's turn.
 */
import type { Delivery, ParkedDelivery, RetryDelivery } from '../../libs/domain/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/outcome.ts';
import type { CompletedLease, PartitionLease, PositionedLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { DeliveryReader } from './delivery-reader.ts';
import type { DispatchMetrics } from './dispatch-metrics.ts';
import type { Gate } from './gate.ts';
import type { LaneItem } from './lane-item.ts';
import { Lanes, type RunningAttempt } from './lanes.ts';
import { Parker } from './parker.ts';
import { settledHead } from './parked-state.ts';
import { Partition } from './partition.ts';
import type { Post } from './post.ts';
import { parkedFrom, type DispatchCodecs, type Reports } from './reports.ts';
import { resume, StrictHeads, type Resumed } from './strict-heads.ts';
import type { WebhookTable } from './webhook-table.ts';
import { wideLineOf, writeLine } from './wide-line.ts';

export interface DispatchOptions {
  readonly maxInFlight: number;
  readonly laneRecordsMax: number;
  readonly laneBytesMax: number;
  readonly isParkedTopic: (topic: string) => boolean;
  /** False while what is done cannot be reported fast enough. */
  readonly mayStart: () => boolean;
  readonly table: WebhookTable;
  readonly gate: Gate;
  readonly post: Post;
  readonly reports: Reports;
  readonly codecs: DispatchCodecs;
  readonly metrics: DispatchMetrics;
  readonly logger: Logger;
}

const slowAfterMs = 500;
const divertAfterMs = 2_000;
const sweepMs = 50;

export class Dispatch {
  readonly lanes: Lanes;
  private readonly options: DispatchOptions;
  private readonly partitions = new Map<number, Partition>();
  private readonly strictHeads = new StrictHeads();
  private readonly acknowledgements: Acknowledgements;
  private readonly reader: DeliveryReader;
  private readonly parker: Parker;
  private readonly sweeper: NodeJS.Timeout;

  constructor(options: DispatchOptions) {
    this.options = options;
    const { gate, codecs, reports, metrics, logger } = options;
    this.acknowledgements = new Acknowledgements(logger);
    this.reader = new DeliveryReader({
      codecs,
      reports,
      metrics,
      logger,
      acknowledgements: this.acknowledgements,
      partitions: this.partitions,
      complete: (item, webhookId) => {
        this.complete(item, webhookId);
      },
    });
    this.parker = new Parker({
      codecs,
      reports,
      metrics,
      strictHeads: this.strictHeads,
      acknowledgements: this.acknowledgements,
      partitions: this.partitions,
      reader: this.reader,
    });
    this.lanes = new Lanes({
      maxInFlight: options.maxInFlight,
      laneRecordsMax: options.laneRecordsMax,
      laneBytesMax: options.laneBytesMax,
      slowAfterMs,
      divertAfterMs,
      mayStart: options.mayStart,
      limit: (webhookId) => gate.limit(webhookId),
      admit: (webhookId, now) => gate.admit(webhookId, now),
      hasRoom: (origin) => gate.hasRoom(origin),
      waitsFor: (webhookId, now) => gate.waitsFor(webhookId, now),
      start: (item, webhookId, attempt) => {
        void this.attempt(item, webhookId, attempt);
      },
      heldBack: (item, webhookId) => {
        if (gate.isBreakerOpen(webhookId)) metrics.heldByBreaker(webhookId, this.reader.eventTypeOf(item));
      },
      divert: (webhookId, items, reason) => {
        this.parker.divert(webhookId, items, reason);
      },
      giveBack: (webhookId, items) => {
        this.giveBack(webhookId, items);
      },
    });
    this.sweeper = setInterval(() => {
      this.sweep();
    }, sweepMs);
  }

  /** Parked records in this member's partitions belong to so many webhooks. */
  get parkedWebhooks(): number {
    let count = 0;
    for (const partition of this.partitions.values()) count += partition.log.parkedWebhooks;
    return count;
  }

  /** From the oldest that waits to the end of the parked lane, over this member's partitions. */
  get parkedRecords(): number {
    let count = 0;
    for (const partition of this.partitions.values()) count += partition.log.recordsAtMost;
    return count;
  }

  assigned(leases: readonly PartitionLease[]): void {
    for (const main of leases.filter((lease) => !this.options.isParkedTopic(lease.topic))) {
      const parked = leases.find(
        (lease) => this.options.isParkedTopic(lease.topic) && lease.partition === main.partition,
      );
      if (parked === undefined) throw new Error(`partition ${main.partition} came without its parked lane`);
      this.partitions.set(main.partition, this.partitionOf(main as CompletedLease, parked as PositionedLease));
    }
  }

  /** Lets go of what waits; resolves when what is under way is acknowledged. */
  async revoking(leases: readonly PartitionLease[]): Promise<void> {
    this.lanes.drop(new Set(leases));
    const partitions = new Set(leases.map((lease) => lease.partition));
    for (const number of partitions) await this.partitions.get(number)?.allSettled();
    for (const number of partitions) this.partitions.delete(number);
    this.strictHeads.clear();
  }

  take(batch: RecordBatch): void {
    const partition = this.partitions.get(batch.lease.partition);
    if (partition === undefined || !batch.lease.isHeld) return;
    const isParked = this.options.isParkedTopic(batch.lease.topic);
    const codec = isParked ? this.options.codecs.parked : this.options.codecs.delivery;
    partition.whenReadable(batch, codec, () => {
      if (isParked) partition.addParked(batch);
      else partition.addMain(batch);
      this.lanes.run(Date.now());
    });
  }

  close(): void {
    clearInterval(this.sweeper);
    this.lanes.stop();
  }

  private partitionOf(main: CompletedLease, parked: PositionedLease): Partition {
    const partition: Partition = new Partition(main, parked, {
      parkedCapacity: (webhookId) => this.lanes.parkedCapacity(webhookId),
      drained: (webhookId) => {
        this.lanes.undivert(webhookId);
      },
      add: (webhookId, item) => {
        if (item.source === 'main' && !this.lanes.isDiverted(webhookId) && partition.log.isParked(webhookId)) {
          this.lanes.setDiverted(webhookId, 'backlog');
        }
        this.lanes.add(webhookId, item);
      },
      // A ping asks how the endpoint is now: behind its backlog the answer would come too late.
      express: (webhookId, item) => {
        this.express(webhookId, item);
      },
      now: Date.now,
    });
    return partition;
  }

  private express(webhookId: string, item: LaneItem): void {
    const until = this.options.gate.unknownUntil(webhookId, Date.now());
    if (until === null) void this.attempt(item, webhookId, null);
    else
      setTimeout(() => {
        if (item.lease.isHeld) this.express(webhookId, item);
      }, until - Date.now());
  }

  private sweep(): void {
    const now = Date.now();
    this.lanes.sweep(now);
    for (const partition of this.partitions.values()) partition.plan();
  }

  private async attempt(item: LaneItem, webhookId: string, attempt: RunningAttempt | null): Promise<void> {
    const partition = this.partitions.get(item.lease.partition);
    partition?.opened();
    try {
      const delivery = this.reader.read(item, webhookId);
      const resumed = delivery === null ? null : this.resumed(delivery, item, partition);
      if (resumed?.kind === 'send') {
        await this.deliver(resumed.delivery, item, attempt);
        return;
      }
      if (resumed?.kind === 'wait') this.lanes.putBack(webhookId, { ...item, notBefore: resumed.until });
      if (resumed?.kind === 'settled') this.complete(item, webhookId);
      this.release(attempt);
    } catch (error) {
      this.acknowledgements.leave(error);
    } finally {
      partition?.settled();
    }
  }

  private resumed(delivery: Delivery, item: LaneItem, partition: Partition | undefined): Resumed {
    if (item.source === 'main') return { kind: 'send', delivery };
    const head = partition?.log.headAt(delivery.webhookId, item.offset) ?? null;
    return resume(delivery as ParkedDelivery, head, Date.now());
  }

  private async deliver(delivery: Delivery, item: LaneItem, attempt: RunningAttempt | null): Promise<void> {
    const webhook = this.options.table.find(delivery.webhookId);
    const isStrict = webhook?.definition.ordering === 'strict' && delivery.kind !== 'ping';
    if (isStrict && item.source === 'main') this.strictHeads.started(delivery, item.offset);
    const settlement = await this.options.post.run(delivery, webhook);
    const partition = this.partitions.get(item.lease.partition);
    if (isStrict && settlement.followUp.kind === 'retry' && partition !== undefined) {
      await this.options.reports.settle(settlement.outcome, { kind: 'none' });
      this.holdHead(settlement.outcome, settlement.followUp.delivery, item, partition);
      this.release(attempt);
    } else if (isStrict && item.source === 'main' && this.strictHeads.isCopied(delivery.webhookId)) {
      // Its main record is complete with its copy: what a commit says of the copy must not come before the outcome.
      await this.options.reports.settle(settlement.outcome, settlement.followUp);
      this.letGo(delivery.webhookId, item, partition);
      this.release(attempt);
    } else {
      if (isStrict) this.letGo(delivery.webhookId, item, partition);
      this.release(attempt);
      await this.options.reports.settle(settlement.outcome, settlement.followUp);
      this.complete(item, delivery.webhookId);
    }
    this.options.metrics.settled(settlement, delivery);
    writeLine(this.options.logger, wideLineOf(settlement));
  }

  /** The webhook's place is free again; an express delivery had none. */
  private release(attempt: RunningAttempt | null): void {
    if (attempt === null) return;
    this.lanes.finish(attempt);
    this.lanes.run(Date.now());
  }

  /**
   * A strict webhook waits for its head: it goes back to its place, not to a retry tier. Its outcome is acknowledged by
   * now, so a main record has nothing left to wait for but its place in the parked lane.
   */
  private holdHead(outcome: DeliveryOutcome, next: RetryDelivery, item: LaneItem, partition: Partition): void {
    const { webhookId, notBefore } = next;
    const { log } = partition;
    const block = { deliveryId: next.deliveryId, since: outcome.startedAt, until: notBefore };
    this.options.gate.block(webhookId, block);
    if (item.source === 'parked') {
      log.noteHead(webhookId, { attempt: (log.headAt(webhookId, item.offset)?.attempt ?? 0) + 1, notBefore });
      this.lanes.putBack(webhookId, { ...item, notBefore });
    } else if (this.strictHeads.ended(webhookId)) {
      log.noteHead(webhookId, { attempt: 1, notBefore });
    } else {
      const value = this.options.codecs.parked.encode(parkedFrom(next, 'blocked', notBefore, Date.now()));
      this.lanes.divertBehind(webhookId, () => {
        this.parker.park(partition, [{ webhookId, value, mainOffset: item.offset }], () => {
          this.complete(item, webhookId);
        });
      });
    }
  }

  /** The head of a strict webhook is settled: its successors need not wait for it any more. */
  private letGo(webhookId: string, item: LaneItem, partition: Partition | undefined): void {
    const isCopied = item.source === 'main' && this.strictHeads.ended(webhookId);
    if (isCopied) partition?.log.noteHead(webhookId, { attempt: settledHead, notBefore: 0 });
    this.options.gate.unblock(webhookId);
  }

  private giveBack(webhookId: string, items: readonly LaneItem[]): void {
    const [first] = items;
    if (first === undefined) return;
    const offsets = items.map((item) => item.offset);
    this.partitions.get(first.lease.partition)?.log.giveBack(webhookId, offsets);
  }

  private complete(item: LaneItem, webhookId: string): void {
    if (item.source === 'main') item.lease.complete(item.offset);
    else if (item.lease.isHeld) this.partitions.get(item.lease.partition)?.log.complete(webhookId, item.offset);
  }
}
