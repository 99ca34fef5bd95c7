/**
 * In: lanes that wait for a place, and lanes that wait for room at an origin. Out: whose turn is next.
 * Holds: both kinds take turns, so that neither can hold up the other when little may start.
 */
import type { AttemptSlots } from './attempt-slots.ts';
import type { Lane } from '../lanes/lane.ts';
import { OriginRoundRobin } from './origin-round-robin.ts';

export class StartOrder {
  private readonly slots: AttemptSlots;
  private readonly atOrigins: OriginRoundRobin<Lane>;
  private isTurnOfOrigins = false;

  constructor(slots: AttemptSlots, hasRoom: (origin: string, clientId: string) => boolean) {
    this.slots = slots;
    this.atOrigins = new OriginRoundRobin({ hasRoom, mayStart: (lane) => slots.isFreeFor(lane) });
  }

  waitAt(origin: string, lane: Lane): void {
    this.atOrigins.wait(origin, lane);
  }

  /** Nobody waits. */
  get isEmpty(): boolean {
    return this.slots.clientsWaiting === 0 && this.atOrigins.isEmpty;
  }

  /** Undefined when nobody that waits may start. */
  next(): Lane | undefined {
    const lane = this.isTurnOfOrigins
      ? (this.atOrigins.next() ?? this.slots.next())
      : (this.slots.next() ?? this.atOrigins.next());
    if (lane !== undefined) this.isTurnOfOrigins = !this.isTurnOfOrigins;
    return lane;
  }
}
