/**
 * One stay of a partition with this member. In: fetched batches, completions. Out: batches without what is already
 * complete, and what to commit.
 * Holds: after the fence nothing is handed out or committed any more; what still completes is only noted, for the next stay
 * (PastStays); nothing is handed out that a commit might not be able to speak of once it is complete: the partition is not read
 * further until what is incomplete is less, or nearer together.
 */
import { lostPosition, type LostPosition } from './lost-position.ts';
import type { FetchedBatch } from '../fetch/fetched-batch.ts';
import type { ReadPosition } from '../fetch/fetch-loop.ts';
import type { CommittedOffset } from './group-member.ts';
import type { OffsetRun } from './offset-set.ts';
import { OffsetTracker } from './offset-tracker.ts';
import type { PastStay } from './past-stays.ts';
import type { AssignedLease, CompletedLease, KafkaRecord, PositionedLease, RecordBatch } from '../record.ts';

export interface LeaseStart {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  /** Who keeps the position: the offsets of completed records in Kafka, the app in its commits, or the app elsewhere. */
  readonly keeps: 'completed' | 'positioned' | 'external';
  readonly committed: CommittedOffset | null;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Asked for where the app keeps more of a log than the offsets of what is complete. */
  readonly topicId?: string | null;
  /** The position was changed, or the partition resumed. */
  wake(): void;
  /** A record is complete. */
  completed?(): void;
  /** Where the log begins and ends now; null when nobody says so. */
  look?(): Promise<{ readonly start: number; readonly end: number } | null>;
}

export class Lease implements AssignedLease, CompletedLease, PositionedLease, PastStay {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly committed: CommittedOffset | null;
  startOffset: number;
  endOffset: number;
  readonly topicId: string | null;
  firstOffset: number;
  /** Set when where reading was to begin is not in the log. */
  lost: LostPosition | null;
  /** Where the fetch loop reads this partition. */
  readonly position: ReadPosition;
  private readonly start: LeaseStart;
  private tracker: OffsetTracker | null;
  private readCommit: (() => CommittedOffset) | null = null;
  private isFenced = false;
  private isPausedByApp = false;
  private isPausedByReach = false;
  private committedVersion = -1;
  private lastCommit: CommittedOffset | null;
  private highWatermark: number;

  constructor(start: LeaseStart) {
    this.start = start;
    this.topic = start.topic;
    this.partition = start.partition;
    this.epoch = start.epoch;
    this.committed = start.committed;
    this.lastCommit = start.committed;
    this.startOffset = start.startOffset;
    this.endOffset = start.endOffset;
    this.topicId = start.topicId ?? null;
    this.highWatermark = start.endOffset;
    const range = { start: start.startOffset, end: start.endOffset };
    this.lost = start.committed === null ? null : lostPosition(start.committed.offset, range);
    const next = this.lost?.next ?? start.committed?.offset ?? start.startOffset;
    this.firstOffset = next;
    this.position = { topic: start.topic, partition: start.partition, next, isPaused: false };
    const metadata = next === start.committed?.offset ? start.committed.metadata : null;
    this.tracker = start.keeps === 'completed' ? new OffsetTracker(next, metadata) : null;
  }

  get completions(): OffsetTracker | null {
    return this.tracker;
  }

  get keeps(): LeaseStart['keeps'] {
    return this.start.keeps;
  }

  get isHeld(): boolean {
    return !this.isFenced;
  }

  get incomplete(): number {
    return this.tracker?.incomplete ?? 0;
  }

  /** Records that are not done yet, or not read: how far this partition is behind. */
  get lag(): number {
    return Math.max(0, this.highWatermark - (this.tracker?.committable ?? this.position.next));
  }

  complete(offset: number): void {
    if (this.tracker === null) return;
    this.tracker.complete(offset);
    if (this.isFenced) return;
    this.start.completed?.();
    this.readOn();
  }

  wasComplete(offsets: Iterable<number>): void {
    for (const offset of offsets) this.tracker?.restore({ from: offset, to: offset + 1 });
    this.readOn();
  }

  restore(runs: Iterable<OffsetRun>): void {
    for (const run of runs) this.tracker?.restore(run);
    this.readOn();
  }

  isOurs(offset: number): boolean {
    return this.tracker?.isOurs(offset) === true;
  }

  pause(): void {
    this.isPausedByApp = true;
    this.applyPause();
  }

  resume(): void {
    this.isPausedByApp = false;
    this.applyPause();
  }

  seek(offset: number): void {
    if (this.tracker !== null) throw new Error(`${this.topic} is not positioned by the app`);
    if (this.isFenced) return;
    this.position.next = offset;
    this.start.wake();
  }

  /** Before the first fetch: the app keeps its position elsewhere. One that the log does not have is not taken. */
  startAt(offset: number): void {
    this.lost = lostPosition(offset, { start: this.startOffset, end: this.endOffset });
    this.position.next = this.lost?.next ?? offset;
    this.restartAt(this.position.next);
  }

  async lookAgain(): Promise<void> {
    const range = (await this.start.look?.()) ?? null;
    if (range === null) return;
    this.startOffset = range.start;
    this.endOffset = range.end;
  }

  commitWith(read: () => CommittedOffset): void {
    if (this.start.keeps !== 'positioned') throw new Error(`${this.topic} is not positioned by the app`);
    this.readCommit = read;
  }

  /** @returns null when there is nothing in it to hand out */
  take(fetched: FetchedBatch): RecordBatch | null {
    if (this.isFenced) return null;
    this.highWatermark = fetched.highWatermark;
    const { tracker } = this;
    if (tracker === null) return { lease: this, ...fetched };
    const records: KafkaRecord[] = [];
    let { nextOffset } = fetched;
    for (const record of fetched.records) {
      if (!tracker.mayAdd(record.offset)) {
        nextOffset = record.offset;
        this.stopReadingAt(nextOffset);
        break;
      }
      if (tracker.add(record.offset)) records.push(record);
    }
    tracker.advanceTo(nextOffset);
    return records.length === 0 ? null : { lease: this, ...fetched, records, nextOffset };
  }

  /** The log begins later than what was to be read, or ends before it: what is gone needs no completion. */
  restartAt(offset: number): void {
    if (this.tracker !== null) this.tracker = new OffsetTracker(offset, null);
    this.firstOffset = offset;
    this.committedVersion = -1;
    this.readOn();
  }

  /** A commit of before may land after those that were acknowledged: what is there now is committed once more. */
  commitAgain(): void {
    this.lastCommit = null;
    this.committedVersion = -1;
  }

  /** What to commit now; null when nothing changed since {@link wasCommitted}. */
  toCommit(): { readonly commit: CommittedOffset; readonly version: number } | null {
    if (this.isFenced) return null;
    if (this.readCommit !== null) return this.changed(this.readCommit());
    if (this.tracker === null || this.tracker.version === this.committedVersion) return null;
    const { version } = this.tracker;
    const commit = { offset: this.tracker.committable, metadata: this.tracker.commitMetadata() };
    const changed = this.changed(commit, version);
    if (changed === null) this.committedVersion = version;
    return changed;
  }

  wasCommitted({ commit, version }: { readonly commit: CommittedOffset; readonly version: number }): void {
    this.lastCommit = commit;
    this.committedVersion = version;
  }

  fence(): void {
    this.isFenced = true;
    this.position.isPaused = true;
  }

  /** A commit might not be able to speak of more. */
  private stopReadingAt(offset: number): void {
    this.position.next = offset;
    this.isPausedByReach = true;
    this.applyPause();
  }

  private readOn(): void {
    if (!this.isPausedByReach || this.tracker?.hasRoom !== true) return;
    this.isPausedByReach = false;
    this.applyPause();
  }

  private changed(commit: CommittedOffset, version = 0): { commit: CommittedOffset; version: number } | null {
    const last = this.lastCommit;
    // The app gives the same object as long as nothing changes.
    if (last === commit) return null;
    if (last !== null && last.offset === commit.offset && last.metadata === commit.metadata) return null;
    return { commit, version };
  }

  private applyPause(): void {
    const isPaused = this.isFenced || this.isPausedByApp || this.isPausedByReach;
    if (isPaused === this.position.isPaused) return;
    this.position.isPaused = isPaused;
    if (!isPaused) this.start.wake();
  }
}
