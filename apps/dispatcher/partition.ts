/**
 * One partition number as this member holds it: the main topic's lease, the parked topic's, and the log of what is
 * parked. In: batches of both. Out: items for the lanes, seeks, what to commit.
 * Holds: the main lane waits until everything parked before the assignment is known, so nothing overtakes it, and what
 * was parked already is not taken again.
 */
import { offsetsCovered } from '../../libs/kafka/completed-offsets.ts';
import type { CompletedLease, PositionedLease, RecordBatch } from '../../libs/kafka/record.ts';
import { learnInTheEnd, type SchemaLearner } from '../../libs/wire/learn-in-the-end.ts';
import type { LaneItem } from './lane-item.ts';
import { ParkedLog } from './parked-log.ts';
import { mainOffsetHeader } from './reports.ts';

export interface PartitionHooks {
  parkedCapacity(webhookId: string): number;
  drained(webhookId: string): void;
  /** A record of a webhook that may be taken now. */
  add(webhookId: string, item: LaneItem): void;
  /** A delivery that waits for no other. */
  express(webhookId: string, item: LaneItem): void;
  now(): number;
}

export class Partition {
  readonly main: CompletedLease;
  readonly parked: PositionedLease;
  readonly log: ParkedLog;
  private readonly hooks: PartitionHooks;
  private readonly waiting: RecordBatch[] = [];
  /** Main records that were parked since the last commit of a member that then crashed. */
  private readonly moved = new Set<number>();
  private isMainHeld: boolean;
  private learning: Promise<void> | null = null;
  /** Started, diverted or set aside, and not acknowledged yet. */
  private open = 0;
  private whenSettled: (() => void)[] = [];

  constructor(main: CompletedLease, parked: PositionedLease, hooks: PartitionHooks) {
    this.main = main;
    this.parked = parked;
    this.hooks = hooks;
    this.log = new ParkedLog({
      committed: parked.committed,
      startOffset: parked.startOffset,
      endOffset: parked.endOffset,
      capacity: (webhookId) => hooks.parkedCapacity(webhookId),
      drained: (webhookId) => {
        hooks.drained(webhookId);
      },
    });
    parked.commitWith(() => this.log.commit());
    parked.seek(this.log.nextPosition);
    this.isMainHeld = this.log.isDiscovering;
    if (this.isMainHeld) main.pause();
  }

  /**
   * Runs `then` once the schema of every record is known, in the order of the calls: at once, but after a new version
   * of a schema was rolled out.
   */
  whenReadable(batch: RecordBatch, codec: SchemaLearner, then: () => void): void {
    const isKnown = batch.records.every(({ value }) => value === null || codec.knows(value));
    if (isKnown && this.learning === null) {
      then();
      return;
    }
    const learned = (this.learning ?? Promise.resolve()).then(() => learnAll(batch, codec)).then(then);
    this.learning = learned;
    void learned.then(() => {
      this.endLearning(learned);
    });
  }

  private endLearning(learned: Promise<void>): void {
    if (this.learning === learned) this.learning = null;
  }

  addMain(batch: RecordBatch): void {
    if (this.isMainHeld) this.waiting.push(batch);
    else this.pass(batch, 'main');
  }

  addParked(batch: RecordBatch): void {
    // A batch that was under way when the plan changed: its records are read again when their turn comes.
    if (batch.fetchedOffset !== this.log.nextPosition) return;
    if (this.isMainHeld) this.noteMoved(batch);
    const keyed = batch.records.map((record) => ({ record, offset: record.offset, webhookId: keyOf(record.key) }));
    const taken = this.log.read(keyed, batch.nextOffset) as typeof keyed;
    this.pass({ ...batch, records: taken.map(({ record }) => record) }, 'parked');
    if (this.isMainHeld && !this.log.isDiscovering) this.release();
    this.plan();
  }

  /** Reads where it is worth most now: after a batch, and whenever a webhook's room or permission may have changed. */
  plan(): void {
    const { offset, isSeek } = this.log.plan();
    if (isSeek) this.parked.seek(offset);
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

  private noteMoved(batch: RecordBatch): void {
    let highest = 0;
    for (const { headers } of batch.records) {
      const mainOffset = Number(headers[mainOffsetHeader] ?? NaN);
      if (Number.isNaN(mainOffset)) continue;
      this.moved.add(mainOffset);
      highest = Math.max(highest, mainOffset);
    }
    // What lies further back than a commit can speak of was committed, and is not read again.
    for (const offset of this.moved) if (offset < highest - offsetsCovered) this.moved.delete(offset);
  }

  private release(): void {
    this.isMainHeld = false;
    this.main.wasComplete(this.moved);
    for (const batch of this.waiting.splice(0)) {
      this.pass({ ...batch, records: batch.records.filter(({ offset }) => !this.moved.has(offset)) }, 'main');
    }
    this.moved.clear();
    this.main.resume();
  }

  private pass(batch: RecordBatch, source: LaneItem['source']): void {
    const addedAt = this.hooks.now();
    for (const { offset, timestampMs, key, value, headers } of batch.records) {
      // A copy: the record is a slice of the whole fetched response and would keep all of it in memory.
      const item = {
        lease: batch.lease,
        offset,
        source,
        value: Buffer.from(value ?? ''),
        writtenAt: timestampMs,
        addedAt,
        notBefore: 0,
      };
      if (headers['kind']?.toString() === 'ping') this.hooks.express(keyOf(key), item);
      else this.hooks.add(keyOf(key), item);
    }
  }
}

function keyOf(key: Buffer | null): string {
  return key === null ? '' : key.toString('utf8');
}

async function learnAll(batch: RecordBatch, codec: SchemaLearner): Promise<void> {
  for (const { value } of batch.records) {
    if (value !== null) await learnInTheEnd(codec, value);
  }
}
