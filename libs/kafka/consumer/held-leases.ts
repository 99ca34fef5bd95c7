/** The leases that a member holds now, found by where the fetch loop reads: an answer that comes late finds none. */
import { partitionKey } from '../cluster/cluster-link.ts';
import type { ReadPosition } from '../fetch/fetch-loop.ts';
import type { FetchedBatch } from '../fetch/fetched-batch.ts';
import type { Lease } from './lease.ts';
import type { LostPosition } from './lost-position.ts';
import type { RecordBatch } from '../record.ts';

export interface Restarted {
  readonly lease: Lease;
  readonly lost: LostPosition;
  readonly isOver: boolean;
}

export class HeldLeases {
  private leases = new Map<ReadPosition, Lease>();

  replace(leases: readonly Lease[]): void {
    this.leases = new Map(leases.map((lease) => [lease.position, lease]));
  }

  all(): Lease[] {
    return [...this.leases.values()];
  }

  get isEmpty(): boolean {
    return this.leases.size === 0;
  }

  /** Records behind the end, by `topic-partition`. */
  get lag(): ReadonlyMap<string, number> {
    return new Map(this.all().map((lease) => [partitionKey(lease), lease.lag]));
  }

  /** @returns null when there is nothing in it to hand out */
  take(position: ReadPosition, fetched: FetchedBatch): RecordBatch | null {
    return this.leases.get(position)?.take(fetched) ?? null;
  }

  /**
   * What was asked for is not there: it is read on from `position.next`. `isOver`: by a new stay. A log that ends before what was
   * read may give the same offsets to other records, and work that is under way still completes those of before. Whoever keeps
   * the position itself has to be asked anew.
   */
  restart(position: ReadPosition, asked: number): Restarted | null {
    const lease = this.leases.get(position);
    if (lease === undefined) return null;
    const { next } = position;
    lease.restartAt(next);
    const reason = next > asked ? 'behind' : 'ahead';
    const isOver = reason === 'ahead' || lease.keeps !== 'completed';
    return { lease, lost: { reason, asked, next }, isOver };
  }

  /** @returns false when there was none that was not fenced */
  fence(): boolean {
    const held = this.all().filter(({ isHeld }) => isHeld);
    for (const lease of held) lease.fence();
    return held.length > 0;
  }
}
