/**
 * One partition number in the hands of this member: the main topic's lease, the parked topic's, the log of what is
 * parked, and what is under way. In: batches of both topics. Out: items for the lanes, seeks, what to commit.
 * Holds: the main lane waits until everything parked before the assignment is known, so nothing overtakes it; a delivery has one
 * owner, its main record or its parked copy; what is under way when a stay ends still belongs here, and is not begun again.
 */
import { isOtherTopic } from '../../libs/kafka/consumer/position-check.ts';
import type {
  CompletedLease,
  KafkaRecord,
  PartitionLease,
  PositionedLease,
  RecordBatch,
} from '../../libs/kafka/record.ts';
import { keyOf, type LaneItem } from './lanes/lane-item.ts';
import { ParkedLog } from './parked/parked-log.ts';
import { PartitionAppends } from './parked/partition-appends.ts';
import { ParkedOwners } from './parked/parked-owners.ts';
import { StrictHeads } from './lanes/strict-heads.ts';
import { SchemaQueue } from './schema-queue.ts';
import { nameOf, type SettledRecords } from './settled/settled-records.ts';

export interface PartitionHooks {
  parkedCapacity(webhookId: string): number;
  drained(webhookId: string): void;
  /** A record of a webhook that may be taken now. */
  add(webhookId: string, item: LaneItem): void;
  /** Whether one of this kind waits for no other. */
  isExpress(webhookId: string, kind: string | undefined): boolean;
  /** A delivery that waits for no other. */
  express(webhookId: string, item: LaneItem): void;
  /** Monotonic milliseconds. */
  now(): number;
}

export interface Stay {
  readonly main: CompletedLease;
  readonly parked: PositionedLease;
  /** What was settled before it, as no commit told. */
  readonly settled: SettledRecords;
}

export class Partition {
  readonly number: number;
  readonly log: ParkedLog;
  readonly heads = new StrictHeads();
  readonly appends = new PartitionAppends();
  /** Names what this object parks: see parkedByHeader in reports.ts. */
  readonly name: string;
  private readonly hooks: PartitionHooks;
  private stay: Stay;
  private isLeaving = false;
  /** Runs what is to be done with a batch once its schemas are known. */
  readonly schemas = new SchemaQueue(() => {
    this.applyPauses();
  });
  private readonly waiting: RecordBatch[] = [];
  private readonly owners: ParkedOwners;
  /** Main records that left their lane and are not complete: attempted, on their way to the parked log, or set aside. */
  private readonly underWay = new Set<number>();
  /** Main records completed after the end of a stay. */
  private readonly completedLate = new Set<number>();
  private isMainHeld = false;
  private isMainPaused = false;
  private isHeldUp = false;
  /** Started, diverted or set aside, and not acknowledged yet. */
  private open = 0;
  private whenSettled: (() => void)[] = [];

  constructor(stay: Stay, name: string, hooks: PartitionHooks) {
    const { main, parked } = stay;
    this.number = main.partition;
    this.name = name;
    this.hooks = hooks;
    this.stay = stay;
    this.log = new ParkedLog({
      committed: parked.committed,
      startOffset: parked.startOffset,
      endOffset: parked.endOffset,
      capacity: (webhookId) => hooks.parkedCapacity(webhookId),
      drained: (webhookId) => {
        hooks.drained(webhookId);
      },
    });
    this.owners = new ParkedOwners({
      name,
      isMainHeld: () => this.isMainHeld,
      mainLog: () => this.stay.main,
      // At once: in one commit with what that says of the parked lane, so that a second crash changes nothing.
      moved: (offset) => {
        this.stay.main.wasComplete([offset]);
      },
      isUnread: (offset) => this.log.isUnread(offset),
      endOffset: parked.endOffset,
      isOfMain: (offset, isLate) => this.stay.main.isOurs(offset) && (isLate || this.underWay.has(offset)),
    });
    this.begin();
  }

  /** Of the log that its main records are from; null when it has none. */
  get mainTopicId(): string | null {
    return this.stay.main.topicId;
  }

  /** False between two stays: nothing is written for it. */
  get isHeld(): boolean {
    return this.stay.main.isHeld;
  }

  /** False from the moment on in which the stay is given up: nothing is begun. */
  get isOpen(): boolean {
    return !this.isLeaving && this.isHeld;
  }

  /** True for a lease of the present stay while it {@link isOpen}. */
  isOpenFor(lease: PartitionLease): boolean {
    return this.isOpen && (lease === this.stay.main || lease === this.stay.parked);
  }

  /** Its lanes were dropped; what is under way goes on. */
  leave(): void {
    this.isLeaving = true;
    this.waiting.length = 0;
  }

  /**
   * It came back: goes on where it was, unless somebody else has committed meanwhile, or a topic was made anew.
   * @returns false when its state is void
   */
  comesBack(stay: Stay): boolean {
    const { main, parked } = stay;
    if (isOtherTopic(main, this.stay.main) || isOtherTopic(parked, this.stay.parked)) return false;
    if (!this.log.goesOn(parked)) return false;
    this.stay = stay;
    this.isLeaving = false;
    this.waiting.length = 0;
    main.wasComplete(this.completedLate);
    this.completedLate.clear();
    this.begin();
    return true;
  }

  /** True while there is no memory for more of the main topic. */
  setMainPaused(isPaused: boolean): void {
    this.isMainPaused = isPaused;
    this.applyPauses();
  }

  /** True while Kafka does not acknowledge what was done: nothing more is read. */
  setHeldUp(isHeldUp: boolean): void {
    if (isHeldUp === this.isHeldUp) return;
    this.isHeldUp = isHeldUp;
    this.applyPauses();
  }

  private applyPauses(): void {
    // While a schema is asked for, which takes as long as the registry is away, batches would pile up before it.
    const isHalted = this.schemas.isLearning || this.isHeldUp;
    const { main, parked } = this.stay;
    if (isHalted || this.isMainHeld || this.isMainPaused) main.pause();
    else main.resume();
    if (isHalted) parked.pause();
    else parked.resume();
  }

  /** A batch of an earlier stay is ignored: it is read again. */
  take(batch: RecordBatch): void {
    if (!this.isOpenFor(batch.lease)) return;
    if (batch.lease === this.stay.parked) this.addParked(batch);
    else if (this.isMainHeld) this.waiting.push(batch);
    else this.pass(batch, 'main');
  }

  /** Reads where it is worth most now: after a batch, and whenever a webhook's room or permission may have changed. */
  plan(): void {
    if (!this.isOpen || this.isHeldUp) return;
    const { offset, isSeek } = this.log.plan();
    if (isSeek) this.stay.parked.seek(offset);
  }

  /** The main record leaves its lane: until it is complete, no other stay begins it. */
  starts(offset: number): void {
    this.underWay.add(offset);
  }

  /** The stay is over and the record is not done: whoever reads it next begins it again. */
  abandon(offset: number): void {
    this.underWay.delete(offset);
  }

  /** The record is done, in whatever stay it was begun. */
  complete(item: LaneItem, webhookId: string): void {
    if (item.source === 'parked') this.log.complete(webhookId, item.offset);
    else this.completeMain(item.offset, item.lease);
  }

  /** @param lease of the stay in which it was read */
  completeMain(offset: number, lease: PartitionLease): void {
    this.underWay.delete(offset);
    const { main } = this.stay;
    // Said at the end of this as well: the next stay may be that of another object, which knows what the lease says.
    if (!main.isHeld) this.completedLate.add(offset);
    // It may not have been read again yet.
    if (lease !== main) main.wasComplete([offset]);
    main.complete(offset);
  }

  /** Parked records leave memory: they are read again when their webhook may send. In log order. */
  giveBack(webhookId: string, items: readonly LaneItem[]): void {
    this.log.giveBack(
      webhookId,
      items.map(({ offset }) => offset),
    );
  }

  opened(count = 1): void {
    this.open += count;
  }

  settled(count = 1): void {
    this.open -= count;
    if (this.open > 0) return;
    for (const resolve of this.whenSettled.splice(0)) resolve();
  }

  /** Resolves when nothing of this partition is under way any more. */
  allSettled(): Promise<void> {
    if (this.open === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenSettled.push(resolve));
  }

  private begin(): void {
    const { parked } = this.stay;
    parked.commitWith(() => this.log.commit());
    parked.seek(this.log.nextPosition);
    this.owners.begin();
    this.isMainHeld = this.log.isDiscovering;
    this.applyPauses();
  }

  private addParked(batch: RecordBatch): void {
    // A batch that was under way when the plan changed: its records are read again when their turn comes.
    if (batch.fetchedOffset !== this.log.nextPosition) return;
    const keyed = batch.records
      .filter((record) => this.owners.isOwner(record))
      .map((record) => ({
        record,
        offset: record.offset,
        webhookId: keyOf(record.key),
        isOwn: this.owners.isOwn(record),
      }));
    const taken = this.log.read(keyed, batch.nextOffset) as typeof keyed;
    const isSettled = ({ record }: { record: KafkaRecord }) => this.stay.settled.has(nameOf(record, this.stay.parked));
    const open = taken.filter((one) => !isSettled(one)).map(({ record }) => record);
    for (const { webhookId, offset } of taken.filter(isSettled)) this.log.complete(webhookId, offset);
    this.pass({ ...batch, records: open }, 'parked');
    if (this.isMainHeld && !this.log.isDiscovering) this.release();
    this.plan();
  }

  private release(): void {
    this.isMainHeld = false;
    for (const batch of this.waiting.splice(0)) this.pass(batch, 'main');
    this.applyPauses();
  }

  private pass(batch: RecordBatch, source: LaneItem['source']): void {
    const addedAt = this.hooks.now();
    for (const record of batch.records) {
      const { offset, timestampMs, key, value, headers } = record;
      const name = nameOf(record, this.stay[source]);
      // Begun in an earlier stay: its end completes it.
      if (source === 'main' && this.underWay.has(offset)) continue;
      if (source === 'main' && (this.owners.moved.has(offset) || this.stay.settled.has(name))) {
        batch.lease.complete(offset);
        continue;
      }
      // A copy: the record is a slice of the whole fetched response and would keep all of it in memory.
      const item = {
        partition: this,
        lease: batch.lease,
        offset,
        source,
        value: Buffer.from(value ?? ''),
        writtenAt: timestampMs,
        name,
        addedAt,
        notBefore: 0,
      };
      const webhookId = keyOf(key);
      const isExpress = source === 'main' && this.hooks.isExpress(webhookId, headers['kind']?.toString());
      if (isExpress) this.hooks.express(webhookId, item);
      else this.hooks.add(webhookId, item);
    }
  }
}
