/** A webhook's lane: what waits of it in memory, and where it is listed. */
import type { ParkedReason } from '../../libs/domain/delivery.ts';
import { Fifo } from './fifo.ts';
import type { LaneItem } from './lane-item.ts';
import type { LanesOptions } from './lanes-options.ts';
import type { Partition } from './partition.ts';

export interface Lane {
  readonly webhookId: string;
  readonly queue: Fifo<LaneItem>;
  /** Where its last delivery came from; null when there was none. */
  partition: Partition | null;
  bytes: number;
  inFlight: number;
  /** Listed in the ring of ready lanes, in that of its origin, or waiting in `blocked` or with its partition; never twice. */
  place: 'idle' | 'ready' | 'atOrigin' | 'blocked' | 'heldUp';
  diverted: ParkedReason | null;
  /** An attempt takes long, or the last one did. */
  isSlow: boolean;
  /** When it is looked at for what has waited too long; Infinity when nothing there could leave. */
  lookAt: number;
}

export interface Running {
  readonly lane: Lane;
  /** In memory until the attempt has ended. */
  readonly item: LaneItem;
  readonly startedAt: number;
  /** It has taken long by now. */
  slow: boolean;
  /** It has, or its webhook was known to be slow when it began. */
  isInSlowPlace: boolean;
}

export function emptyLane(webhookId: string, isSlow: boolean): Lane {
  return {
    webhookId,
    queue: new Fifo(),
    partition: null,
    bytes: 0,
    inFlight: 0,
    place: 'idle',
    diverted: null,
    isSlow,
    lookAt: Infinity,
  };
}

/** Unix milliseconds of the oldest record of this source that is next in its lane; null when there is none. */
export function oldestWrittenAt(lanes: Iterable<Lane>, source: LaneItem['source']): number | null {
  let oldest: number | null = null;
  for (const { queue } of lanes) {
    const next = queue.peek();
    if (next?.source === source && (oldest === null || next.writtenAt < oldest)) oldest = next.writtenAt;
  }
  return oldest;
}

/** It may have no more of the main topic in memory; one delivery of each webhook may always wait. */
export function isFull(lane: Lane, item: LaneItem, { laneRecordsMax, laneBytesMax, budget }: LanesOptions): boolean {
  if (lane.queue.length === 0) return false;
  const bytesMax = Math.min(laneBytesMax, budget.shareOf('main', lane.isSlow));
  return lane.queue.length >= laneRecordsMax || lane.bytes + item.value.length > bytesMax;
}
