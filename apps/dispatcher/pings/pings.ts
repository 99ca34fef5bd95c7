/**
 * Pings ask how an endpoint is now: they wait for no backlog, breaker or rate. In: pings as they are read. Out: calls of
 * `start`, and of `refuse` for those that would be answered too late.
 * Holds: one ping of a webhook is under way at a time, and few wait behind it; clients share places that are for pings only,
 * so they take none from deliveries, at an origin neither. A ping holds back the commit of its partition for as long as it
 * waits, so that is bounded too. No I/O and no clock in here.
 */
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import { DueQueue } from '../../../libs/runtime/due-queue.ts';
import { FairPlaces, type Waiting } from '../gate/fair-places.ts';
import { Fifo } from '../lanes/fifo.ts';
import type { LaneItem } from '../lanes/lane-item.ts';

export interface PingsOptions {
  /** Whose webhook it is; empty while that is not known. */
  clientOf(webhookId: string): string;
  /** False while what was done cannot be reported: nothing starts, and nothing is refused, up to a bound of memory. */
  mayStart(): boolean;
  /** On the monotonic clock: before which this one may not start; null when it may. */
  notBefore(webhookId: string, item: LaneItem, now: number): number | null;
  /** An attempt; {@link Pings.ended} follows. */
  start(item: LaneItem, webhookId: string): void;
  /** It is settled without an attempt. */
  refuse(item: LaneItem, webhookId: string): void;
}

/** Pings under way in the process: a client alone may have a half. */
const placesMax = 128;
/** Of one webhook, behind the one that is under way. */
const waitingMax = 4;
/** The same while nothing may be refused: what is more than the above is refused when that is over. */
const inDoubtMax = 100;
const waitMsMax = 20_000;

class PingLane implements Waiting {
  readonly webhookId: string;
  readonly queue = new Fifo<LaneItem>();
  clientId = '';
  /** A ping is under way. */
  isBusy = false;
  /** It waits for a moment, not for a place. */
  isDelayed = false;
  readonly load = 0;
  turn = 0;
  rank = -1;

  constructor(webhookId: string) {
    this.webhookId = webhookId;
  }
}

export class Pings {
  private readonly options: PingsOptions;
  private readonly lanes = new Map<string, PingLane>();
  private readonly places = new FairPlaces<PingLane>({ placesMax, shareOfFree: 1 });
  private readonly delayed = new DueQueue<PingLane>();

  constructor(options: PingsOptions) {
    this.options = options;
  }

  get inFlight(): number {
    return this.places.used;
  }

  /** False while as many wait of this webhook as may. */
  hasRoom(webhookId: string): boolean {
    return (this.lanes.get(webhookId)?.queue.length ?? 0) < waitingMax;
  }

  add(webhookId: string, item: LaneItem, now: number): void {
    const lane = this.lanes.get(webhookId) ?? new PingLane(webhookId);
    this.lanes.set(webhookId, lane);
    if (lane.queue.length >= (this.options.mayStart() ? waitingMax : inDoubtMax)) {
      this.options.refuse(item, webhookId);
      return;
    }
    lane.queue.push(item);
    this.list(lane);
    this.run(now);
  }

  /** The ping of this webhook that was started has ended. */
  ended(webhookId: string, now: number): void {
    const lane = this.lanes.get(webhookId);
    if (lane === undefined) return;
    lane.isBusy = false;
    this.places.giveBack(lane.clientId, 0);
    this.list(lane);
    this.run(now);
  }

  /** Call some times a second. */
  sweep(now: number): void {
    for (let lane = this.delayed.popDue(now); lane !== null; lane = this.delayed.popDue(now)) {
      lane.isDelayed = false;
      this.list(lane);
    }
    if (this.options.mayStart()) for (const lane of this.lanes.values()) this.refuseOld(lane, now);
    this.run(now);
    if (this.options.mayStart()) for (const lane of this.lanes.values()) this.refuseBeyond(lane);
  }

  /** What waits of these leases is read again by whoever has the partition next. */
  drop(leases: ReadonlySet<PartitionLease>): void {
    for (const lane of this.lanes.values()) {
      lane.queue.removeWhere(({ lease }) => leases.has(lease));
      this.forgetIfIdle(lane);
    }
  }

  private run(now: number): void {
    while (this.options.mayStart()) {
      const lane = this.places.next();
      if (lane === undefined) return;
      this.turn(lane, now);
    }
  }

  private turn(lane: PingLane, now: number): void {
    const { webhookId, queue } = lane;
    const item = queue.peek();
    const notBefore = item === undefined ? null : this.options.notBefore(webhookId, item, now);
    if (notBefore !== null) {
      lane.isDelayed = true;
      this.delayed.push(notBefore, lane);
      return;
    }
    queue.shift();
    if (item === undefined) {
      this.forgetIfIdle(lane);
      return;
    }
    lane.isBusy = true;
    this.places.take(lane.clientId, 0);
    this.options.start(item, webhookId);
  }

  private refuseOld(lane: PingLane, now: number): void {
    for (let item = lane.queue.peek(); item !== undefined; item = lane.queue.peek()) {
      if (now - item.addedAt < waitMsMax) return;
      lane.queue.shift();
      this.options.refuse(item, lane.webhookId);
    }
    this.forgetIfIdle(lane);
  }

  /** What came while nothing could be refused. */
  private refuseBeyond(lane: PingLane): void {
    if (lane.queue.length <= waitingMax) return;
    let kept = 0;
    for (const item of lane.queue.removeWhere(() => (kept += 1) > waitingMax))
      this.options.refuse(item, lane.webhookId);
  }

  private list(lane: PingLane): void {
    if (lane.isBusy || lane.isDelayed || lane.rank >= 0) return;
    if (lane.queue.length === 0) {
      this.forgetIfIdle(lane);
      return;
    }
    lane.clientId = this.options.clientOf(lane.webhookId);
    this.places.wait(lane);
  }

  private forgetIfIdle(lane: PingLane): void {
    if (lane.queue.length > 0 || lane.isBusy || lane.isDelayed) return;
    if (lane.rank >= 0) this.places.leave(lane);
    this.lanes.delete(lane.webhookId);
  }
}
