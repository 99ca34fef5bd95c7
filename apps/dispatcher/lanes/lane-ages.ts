/**
 * In: lanes whose oldest delivery may have to leave memory. Out: those in which it has waited long enough. A lane is looked
 * at when that may be so, not in between: at rest, ten thousand of them cost nothing.
 */
import { DueQueue } from '../../../libs/runtime/due-queue.ts';
import type { Lane } from './lane.ts';
import type { LaneItem } from './lane-item.ts';

/** Parked records of a webhook that may wait in memory for its turn among thousands: at an origin, or among slow ones. */
export const parkedInLineMax = 8;

export class LaneAges {
  private readonly due = new DueQueue<Lane>();
  private readonly afterMs: number;

  constructor(afterMs: number) {
    this.afterMs = afterMs;
  }

  /** Call when its oldest delivery, or its place, has changed. */
  watch(lane: Lane): void {
    const oldest = lane.queue.peek();
    if (oldest === undefined || !mayLeave(lane, oldest)) return;
    const at = oldest.addedAt + this.afterMs;
    if (at >= lane.lookAt) return;
    lane.lookAt = at;
    this.due.push(at, lane);
  }

  /** One to be looked at now; null when there is none. */
  next(now: number): Lane | null {
    for (let lane = this.due.popDue(now); lane !== null; lane = this.due.popDue(now)) {
      if (lane.lookAt > now) continue; // it was looked at meanwhile
      lane.lookAt = Infinity;
      return lane;
    }
    return null;
  }
}

/** It may take long until its turn comes: thousands of webhooks may stand in that line. */
export function isInLine({ place }: Lane): boolean {
  return place === 'atOrigin' || place === 'slow';
}

function mayLeave(lane: Lane, oldest: LaneItem): boolean {
  if (oldest.source === 'main' || lane.place === 'blocked') return true;
  return isInLine(lane) && lane.queue.length > parkedInLineMax;
}
