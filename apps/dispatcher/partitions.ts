/**
 * Which partitions this member holds. In: leases, assigned and revoked. Out: the partition of a lease, while it is held.
 * Holds: a partition is told by its leases, not by its number, so that what belongs to a stay that is over finds nobody;
 * one that comes back goes on where it was, after a while without a leader too; one that another member has is forgotten.
 */
import { randomUUID } from 'node:crypto';
import type { CompletedLease, PartitionLease, PositionedLease } from '../../libs/kafka/record.ts';
import type { BufferBudget } from './gate/buffer-budget.ts';
import { committedEnd } from './parked/parked-log.ts';
import { Partition, type PartitionHooks } from './partition.ts';
import type { SettledRecords } from './settled/settled-records.ts';

export type AssignedPartition = Pick<PartitionLease, 'topic' | 'partition'>;

export interface PartitionsOptions {
  readonly isParkedTopic: (topic: string) => boolean;
  readonly hooks: PartitionHooks;
  /** True while too much of what was done for it is not acknowledged, or for too long. */
  readonly isHeldUp: (partition: Partition) => boolean;
  /** A new one: there was none before, or its state is void. */
  readonly begun: (partition: Partition, parked: PositionedLease) => void;
}

export class Partitions {
  private readonly options: PartitionsOptions;
  /** By number, as of the last assignment. */
  private held = new Map<number, Partition>();
  private isMainPaused = false;

  constructor(options: PartitionsOptions) {
    this.options = options;
  }

  /** Those that are not being given up. */
  *open(): Generator<Partition> {
    for (const partition of this.held.values()) if (partition.isOpen) yield partition;
  }

  /** Undefined when the stay of the lease is over, or is being given up. */
  of(lease: PartitionLease): Partition | undefined {
    const partition = this.held.get(lease.partition);
    return partition?.isOpenFor(lease) === true ? partition : undefined;
  }

  /** Of the main topic what a commit does not say is known where it is read. */
  knownEnd({ topic, partition }: AssignedPartition, committed: PositionedLease['committed']): number {
    if (!this.options.isParkedTopic(topic)) return 0;
    return Math.max(committedEnd(committed), this.held.get(partition)?.log.readTo(committed) ?? 0);
  }

  assigned(leases: readonly PartitionLease[], unreadable: readonly AssignedPartition[], settled: SettledRecords): void {
    const before = this.held;
    this.held = new Map();
    for (const number of new Set([...leases, ...unreadable].map(({ partition }) => partition))) {
      const own = leases.filter(({ partition }) => partition === number);
      const main = own.find(({ topic }) => !this.options.isParkedTopic(topic));
      const parked = own.find(({ topic }) => this.options.isParkedTopic(topic));
      const known = before.get(number);
      if (main !== undefined && parked !== undefined) {
        this.held.set(number, this.begin(known, main as CompletedLease, parked as PositionedLease, settled));
        continue;
      }
      // One of its lanes has no leader now, or both: nothing of the other may be done before that one is known.
      for (const lease of own) lease.pause();
      // It is not open, but what is under way of it, or ended, is not to be begun again when both are there.
      if (known !== undefined) this.held.set(number, known);
    }
    this.pauseMain(this.isMainPaused);
  }

  /** Over the logs of what is parked. */
  sumOf(measure: (log: Partition['log']) => number): number {
    let sum = 0;
    for (const { log } of this.open()) sum += measure(log);
    return sum;
  }

  /** Reads on where there is room now. Call some times a second. */
  sweep(budget: BufferBudget): void {
    this.keepWithin(budget);
    for (const partition of this.open()) {
      this.holdUp(partition);
      partition.plan();
    }
  }

  /** Reads the main topic only while there is memory for it. Call after each batch. */
  keepWithin({ isMainFull, hasMainRoom }: BufferBudget): void {
    if (this.isMainPaused ? hasMainRoom : isMainFull) this.pauseMain(!this.isMainPaused);
  }

  /** Its appends wait for Kafka: it is read on when they are acknowledged, and the others meanwhile. */
  holdUp(partition: Partition): void {
    partition.setHeldUp(this.options.isHeldUp(partition));
  }

  /** From now on nothing of them is begun. @returns those whose present stay it is */
  leave(leases: readonly PartitionLease[]): readonly Partition[] {
    const leaving = new Set(leases.map((lease) => this.of(lease)).filter((partition) => partition !== undefined));
    for (const partition of leaving) partition.leave();
    return [...leaving];
  }

  private pauseMain(isPaused: boolean): void {
    this.isMainPaused = isPaused;
    for (const partition of this.open()) partition.setMainPaused(isPaused);
  }

  private begin(
    known: Partition | undefined,
    main: CompletedLease,
    parked: PositionedLease,
    settled: SettledRecords,
  ): Partition {
    const stay = { main, parked, settled };
    if (known?.comesBack(stay) === true) return known;
    const partition = new Partition(stay, randomUUID().slice(0, 8), this.options.hooks);
    this.options.begun(partition, parked);
    return partition;
  }
}
