/**
 * Partitions whose appends Kafka does not acknowledge, and their lanes. In: a lane whose oldest delivery is to be started
 * or diverted. Out: whether it has to wait, and those that need not wait any more.
 * Holds: who waits is asked again when its partition may go on, not before; lanes of other partitions never wait here.
 */
import type { BufferBudget } from './buffer-budget.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Partition } from '../partition.ts';

export interface HoldUpLimits {
  readonly budget: Pick<BufferBudget, 'appendShare'>;
  /** Nothing begins in a partition for which something waits longer to be acknowledged, in milliseconds. */
  readonly unacknowledgedMsMax: number;
}

/** Parked records of one partition that Kafka has not acknowledged: beyond that it is not read on. */
const appendedRecordsMax = 2_500;

/** What was done for it waits to be acknowledged for too long: none of its deliveries starts. */
export function isOverdue({ appends }: Partition, now: number, { unacknowledgedMsMax }: HoldUpLimits): boolean {
  return appends.oldestMs(now) > unacknowledgedMsMax;
}

/** So does too much of it, or for too long: nothing more of it is read, or diverted for having waited. */
export function isHeldUp(partition: Partition, now: number, limits: HoldUpLimits): boolean {
  const { bytes, records } = partition.appends;
  return isOverdue(partition, now, limits) || records > appendedRecordsMax || bytes > limits.budget.appendShare;
}

export class HeldUp {
  private readonly lanes = new Map<Partition, Set<Lane>>();
  private readonly limits: HoldUpLimits;

  constructor(limits: HoldUpLimits) {
    this.limits = limits;
  }

  /** True: its turn is over, it has its place here. */
  keepsFromStart(lane: Lane, partition: Partition, now: number): boolean {
    if (!isOverdue(partition, now, this.limits)) return false;
    lane.place = 'heldUp';
    this.keep(lane, partition);
    return true;
  }

  /** True: it is to be looked at again when it is {@link released}. */
  keepsFromDiverting(lane: Lane, now: number): boolean {
    const partition = lane.queue.peek()?.partition;
    if (partition === undefined || !isHeldUp(partition, now, this.limits)) return false;
    this.keep(lane, partition);
    return true;
  }

  /** Call some times a second. */
  released(now: number): readonly Lane[] {
    const released: Lane[] = [];
    for (const [partition, lanes] of this.lanes) {
      if (isHeldUp(partition, now, this.limits)) continue;
      this.lanes.delete(partition);
      released.push(...lanes);
    }
    return released;
  }

  private keep(lane: Lane, partition: Partition): void {
    const others = this.lanes.get(partition);
    if (others === undefined) this.lanes.set(partition, new Set([lane]));
    else others.add(lane);
  }
}
