/** A webhook's lane: what waits of it in memory, and where it is listed. */
import type { ParkedReason } from '../../libs/domain/delivery.ts';
import type { Fifo } from './fifo.ts';
import type { LaneItem } from './lane-item.ts';

export interface Lane {
  readonly webhookId: string;
  readonly queue: Fifo<LaneItem>;
  bytes: number;
  inFlight: number;
  /** Listed in the ring of ready lanes, in that of its origin, or waiting in `blocked`; never twice. */
  place: 'idle' | 'ready' | 'atOrigin' | 'blocked';
  diverted: ParkedReason | null;
}

export interface Running {
  readonly lane: Lane;
  readonly startedAt: number;
  slow: boolean;
}
