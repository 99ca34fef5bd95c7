/** A webhook's lane: what waits of it in memory, and where it is listed. */
import type { ParkedReason } from '../../../libs/domain/delivery/delivery.ts';
import type { Ordered } from '../../../libs/runtime/in-order.ts';
import type { ClientMemory } from '../gate/buffer-budget.ts';
import { Fifo } from './fifo.ts';
import type { LaneItem } from './lane-item.ts';
import type { LanesOptions } from './lanes-options.ts';
import type { Partition } from '../partition.ts';

/** Slow: an attempt takes long, or the last one did. Quick: it did not. */
export type Pace = 'unknown' | 'quick' | 'slow';

export interface Lane {
  readonly webhookId: string;
  /** Whose share its attempts count against; changes only while it is listed nowhere. */
  clientId: string;
  readonly queue: Fifo<LaneItem>;
  /** Where its last delivery came from; null when there was none. */
  partition: Partition | null;
  bytes: number;
  /** Of its client; null when nobody knew whose it was when it was made. */
  readonly memory: ClientMemory | null;
  inFlight: number;
  /** The same, as its place in a ranking depends on it. */
  readonly load: number;
  /** Attempts in flight that have taken long. */
  slowInFlight: number;
  /** Its place among those that wait for a place: see ranking.ts. */
  turn: number;
  rank: number;
  /**
   * Waiting for a place (`ready`), for one among slow webhooks (`slow`), for room at its origin, in `blocked` or with its partition; never
   * in two of them.
   */
  place: 'idle' | 'ready' | 'slow' | 'atOrigin' | 'blocked' | 'heldUp';
  diverted: ParkedReason | null;
  pace: Pace;
  /** When it is looked at for what has waited too long; Infinity when nothing there could leave. */
  lookAt: number;
}

export interface Running extends Ordered {
  readonly lane: Lane;
  /** In memory until the attempt has ended. */
  readonly item: LaneItem;
  /** Whose place it has. */
  readonly clientId: string;
  readonly startedAt: number;
  /** It has taken long by now. */
  slow: boolean;
  /** Among which attempts it counts. */
  place: Pace;
}

export function emptyLane(webhookId: string, clientId: string, pace: Pace, memory: ClientMemory | null): Lane {
  return {
    webhookId,
    clientId,
    queue: new Fifo(),
    partition: null,
    bytes: 0,
    memory,
    inFlight: 0,
    slowInFlight: 0,
    get load() {
      return this.inFlight;
    },
    turn: 0,
    rank: -1,
    place: 'idle',
    diverted: null,
    pace,
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

/** It may have no more of the main topic in memory; one delivery may wait of each webhook whose client has room. */
export function isFull(lane: Lane, item: LaneItem, { laneRecordsMax, laneBytesMax, budget }: LanesOptions): boolean {
  if (!budget.hasMainRoomFor(lane.memory, lane.pace === 'slow')) return true;
  if (lane.queue.length === 0) return false;
  const bytesMax = Math.min(laneBytesMax, budget.shareOf('main', lane.pace === 'slow'));
  return lane.queue.length >= laneRecordsMax || lane.bytes + item.value.length > bytesMax;
}
