/**
 * In: whether the tables of webhooks and event types are known to be current. Out: a wait for it, before an event is read.
 * Holds: nothing is decided on tables that may have changed unseen, since what they miss an event never gets; the wait ends when
 * its partition is given up, and then all that is behind in that partition is left to the next owner too.
 */
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { PartitionLease } from '../../libs/kafka/record.ts';

/** How soon to look again. */
const lookAgainMs = 50;

export class TableGate {
  /** Asked once in a step, not for each event: tables change between steps only. */
  readonly isOpen: () => boolean;
  /** Partitions that are being given up. */
  private readonly givenUp = new WeakSet<PartitionLease>();
  /** Partitions of which something was left to the next owner. */
  private readonly left = new WeakSet<PartitionLease>();

  constructor(isCurrent: () => boolean) {
    this.isOpen = isCurrent;
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
  async pass(lease: PartitionLease): Promise<boolean> {
    const isOpen = await this.opens(() => lease.isHeld && !this.givenUp.has(lease));
    if (!isOpen) this.left.add(lease);
    return isOpen;
  }

  /** @returns false when it is not wanted any longer */
  async opens(isWanted: () => boolean): Promise<boolean> {
    while (!this.isOpen()) {
      if (!isWanted()) return false;
      await pauseFor(lookAgainMs);
    }
    return true;
  }
}
