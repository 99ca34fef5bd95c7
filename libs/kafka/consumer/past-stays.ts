/**
 * What this process has completed of partitions that it has given up. In: leases as they end. Out: for a lease of the same
 * partition that begins, the offsets that need not be done again although no commit speaks of them.
 * Holds: an offset is remembered only when this process completed it, also after the lease was fenced; nothing is remembered of
 * a log that has been cut or made anew since; a bounded number of partitions, each within what a commit can speak of.
 *
 * Another member may have had the partition in between. What it has committed is not read again; what it has done and not
 * committed is done again, as always.
 */
import { monotonicMs } from '../../runtime/monotonic.ts';
import { partitionKey, type TopicPartition } from '../cluster/cluster-link.ts';
import type { OffsetRun } from './offset-set.ts';
import type { OffsetTracker } from './offset-tracker.ts';

/** Of the lease that ended. */
export interface PastStay extends TopicPartition {
  /** Null: the app keeps the position. It goes on tracking what completes late. */
  readonly completions: OffsetTracker | null;
  /** Where the stay began to read. */
  readonly firstOffset: number;
}

export interface NewStay extends TopicPartition {
  readonly committed: { readonly offset: number } | null;
  readonly endOffset: number;
  restore(completed: Iterable<OffsetRun>): void;
}

/** A log that is made anew takes longer to become as long as the one before. */
const keptMs = 300_000;
const partitionsMax = 1_000;

export class PastStays {
  private readonly all = new Map<string, { readonly stay: PastStay; readonly endedAt: number }>();
  private readonly now: () => number;

  constructor(now: () => number = monotonicMs) {
    this.now = now;
  }

  ended(stays: Iterable<PastStay>): void {
    for (const stay of stays) {
      const key = partitionKey(stay);
      this.all.delete(key);
      if (stay.completions !== null) this.all.set(key, { stay, endedAt: this.now() });
    }
    for (const key of this.all.keys()) {
      if (this.all.size <= partitionsMax) break;
      this.all.delete(key);
    }
  }

  /** How far the log of this partition was read, as far as that is remembered; else 0. */
  readTo(one: TopicPartition): number {
    return this.remembered(one)?.completions.readTo ?? 0;
  }

  /** @returns how many offsets are not read again for it */
  begins(stay: NewStay): number {
    const past = this.remembered(stay);
    this.all.delete(partitionKey(stay));
    // Without a commit nothing tells this log from one of the same name; cut, it is shorter than what was read.
    if (past === null || stay.committed === null || stay.endOffset < past.completions.readTo) return 0;
    const completed = [...past.completions.completedFrom(Math.max(stay.committed.offset, past.firstOffset))];
    stay.restore(completed);
    return completed.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** A topic was deleted: what comes under its name is another. */
  forget(): void {
    this.all.clear();
  }

  private remembered(
    one: TopicPartition,
  ): { readonly completions: OffsetTracker; readonly firstOffset: number } | null {
    const past = this.all.get(partitionKey(one));
    if (past === undefined || this.now() - past.endedAt > keptMs) return null;
    const { completions, firstOffset } = past.stay;
    return completions === null ? null : { completions, firstOffset };
  }
}
