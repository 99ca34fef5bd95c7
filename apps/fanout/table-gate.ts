/**
 * In: whether the tables of webhooks and event types are known to be current, and since when. Out: a wait for it, before an event
 * is read.
 * Holds: nothing is decided on tables that may have changed unseen, since what they miss an event never gets: they held all that
 * there was {@link definitionLeaseMs} before the event was here, or later; the wait ends when its partition is given up, and then
 * all that is behind in that partition is left to the next owner too.
 */
import { setTimeout as pauseFor } from 'node:timers/promises';
import { definitionLeaseMs } from '../../libs/domain/webhook/definition-lease.ts';
import type { PartitionLease } from '../../libs/kafka/record.ts';

export interface DecidingTables {
  /** False while changes may not get through. */
  isCurrent(): boolean;
  /** All that Kafka had at this moment is in them; monotonic milliseconds. */
  readonly confirmedAt: number;
  /** Makes `confirmedAt` later. It may also not: then it is to be asked again. */
  confirm(): Promise<void>;
}

const alwaysCurrent: DecidingTables = {
  isCurrent: () => true,
  confirmedAt: Infinity,
  confirm: () => Promise.resolve(),
};
/** How soon to look again. */
const lookAgainMs = 50;

export class TableGate {
  private readonly tables: DecidingTables;
  /** Partitions that are being given up. */
  private readonly givenUp = new WeakSet<PartitionLease>();
  /** Partitions of which something was left to the next owner. */
  private readonly left = new WeakSet<PartitionLease>();

  /** @param tables default: they always are current */
  constructor(tables: DecidingTables = alwaysCurrent) {
    this.tables = tables;
  }

  /**
   * Asked once in a step, not for each event: tables change between steps only. For events that were let in once: they only get
   * newer tables since.
   */
  isOpen = (): boolean => this.tables.isCurrent();

  /** @param arrivedAt by when the events were here; monotonic milliseconds */
  isOpenFor(arrivedAt: number): boolean {
    return this.tables.isCurrent() && this.isConfirmedFor(arrivedAt);
  }

  /** While events keep coming the next answer is on its way before it is needed. */
  keepConfirmed(now: number): void {
    if (now - this.tables.confirmedAt > definitionLeaseMs / 2) void this.tables.confirm();
  }

  giveUp(leases: readonly PartitionLease[]): void {
    for (const lease of leases) this.givenUp.add(lease);
  }

  /** Whether what is not begun of this partition is to be left to its next owner: all that is behind it then is too. */
  leaves(lease: PartitionLease): boolean {
    if (this.givenUp.has(lease)) this.left.add(lease);
    return this.left.has(lease);
  }

  /** @returns false when the partition is given up first: what is not decided of it is its next owner's */
  async pass(lease: PartitionLease, arrivedAt: number): Promise<boolean> {
    const isWanted = () => lease.isHeld && !this.givenUp.has(lease);
    while (!this.isOpenFor(arrivedAt)) {
      if (!isWanted()) {
        this.left.add(lease);
        return false;
      }
      if (this.isConfirmedFor(arrivedAt)) await pauseFor(lookAgainMs);
      else await Promise.race([this.tables.confirm(), pauseFor(lookAgainMs)]);
    }
    return true;
  }

  /** @returns false when it is not wanted any longer */
  async opens(isWanted: () => boolean): Promise<boolean> {
    while (!this.isOpen()) {
      if (!isWanted()) return false;
      await pauseFor(lookAgainMs);
    }
    return true;
  }

  private isConfirmedFor(arrivedAt: number): boolean {
    return this.tables.confirmedAt >= arrivedAt - definitionLeaseMs;
  }
}
