/**
 * In: deliveries as they are read, from webhook.deliveries (`main`) and from the parked lane (`parked`).
 * Out: calls of `start`, one per attempt to make, and of `divert`, for what must not wait in memory.
 * Holds: a webhook's deliveries start in the order they were added; at most its limit are in flight; ready webhooks
 * take turns, one delivery a turn; a webhook's memory is bounded in records and bytes; a webhook that waits (breaker,
 * rate, strict head, a slow endpoint) gives its place in the main lane up within `divertAfterMs`, so it never holds
 * back the commit of its partition. No I/O and no clock in here.
 */
import assert from 'node:assert/strict';
import type { ParkedReason } from '../../libs/domain/delivery.ts';
import type { PartitionLease } from '../../libs/kafka/record.ts';
import { Fifo } from './fifo.ts';
import type { Lane, Running } from './lane.ts';
import type { LaneItem } from './lane-item.ts';
import { Turns } from './turns.ts';

export interface LanesOptions {
  /** Attempts in flight in the whole process that are not slow. */
  readonly maxInFlight: number;
  /** Attempts older than this count as slow: they have a budget of their own, four times as large. */
  readonly slowAfterMs: number;
  readonly laneRecordsMax: number;
  readonly laneBytesMax: number;
  /** A main item that waits longer than this is diverted. */
  readonly divertAfterMs: number;
  /** False stops new starts for the moment: what was done cannot be reported. */
  mayStart(): boolean;
  /** Most attempts of the webhook in flight, 1 or more. */
  limit(webhookId: string): number;
  /**
   * Asked right before a start: Unix milliseconds until which nothing may start, the origin that must have room first,
   * or null to go ahead. Going ahead may use up a permission (the probe of a half-open breaker, a slot of a rate), so
   * the start must follow.
   */
  admit(webhookId: string, now: number): number | string | null;
  /** True when another attempt at this origin may start. */
  hasRoom(origin: string): boolean;
  /** Why the webhook waits now; null when nothing but its own pace holds it. */
  waitsFor(webhookId: string, now: number): ParkedReason | null;
  start(item: LaneItem, webhookId: string, attempt: RunningAttempt): void;
  /** Its turn came, and `admit` did not let it start. */
  heldBack(item: LaneItem, webhookId: string): void;
  /** Takes the items, in order, to the parked lane. Later ones of this webhook follow until {@link Lanes.undivert}. */
  divert(webhookId: string, items: readonly LaneItem[], reason: ParkedReason): void;
  /** Parked items of a webhook that may not send for a while leave memory: they are in the log. */
  giveBack(webhookId: string, items: readonly LaneItem[]): void;
}

/** A started attempt; hand it back to {@link Lanes.finish}. */
export type RunningAttempt = Running;

/** Parked records of a webhook that may wait in memory for its turn at an origin that thousands of webhooks may share. */
const parkedAtOriginMax = 8;

export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly turns: Turns<Lane>;
  private readonly blocked = new Map<Lane, number>();
  private readonly running = new Set<Running>();
  private readonly options: LanesOptions;
  private slow = 0;
  private isStopped = false;

  constructor(options: LanesOptions) {
    this.options = options;
    this.turns = new Turns((origin) => options.hasRoom(origin));
  }

  get inFlight(): number {
    return this.running.size;
  }

  /** Deliveries in memory that have not started. */
  get queued(): number {
    let queued = 0;
    for (const lane of this.lanes.values()) queued += lane.queue.length;
    return queued;
  }

  /** Unix milliseconds of the oldest record of this source that is next of its webhook; null when there is none. */
  oldestWrittenAt(source: LaneItem['source']): number | null {
    let oldest: number | null = null;
    for (const lane of this.lanes.values()) {
      const next = lane.queue.peek();
      if (next?.source === source && (oldest === null || next.writtenAt < oldest)) oldest = next.writtenAt;
    }
    return oldest;
  }

  /** How many parked records of the webhook may be in memory: none while it is blocked or its bytes are used up. */
  parkedCapacity(webhookId: string): number {
    const lane = this.lanes.get(webhookId);
    if (lane === undefined) return this.options.laneRecordsMax;
    const { laneRecordsMax, laneBytesMax } = this.options;
    if (lane.place === 'blocked' || lane.bytes >= laneBytesMax) return 0;
    return lane.place === 'atOrigin' ? Math.min(parkedAtOriginMax, laneRecordsMax) : laneRecordsMax;
  }

  isDiverted(webhookId: string): boolean {
    return this.lanes.get(webhookId)?.diverted != null;
  }

  add(webhookId: string, item: LaneItem): void {
    const lane = this.laneOf(webhookId);
    if (item.source === 'main' && lane.diverted !== null) {
      this.options.divert(webhookId, [item], lane.diverted);
      return;
    }
    if (item.source === 'main' && this.isFull(lane, item)) {
      this.divertWaiting(lane, 'backlog');
      this.options.divert(webhookId, [item], 'backlog');
      return;
    }
    lane.queue.push(item);
    lane.bytes += item.value.length;
    this.list(lane);
  }

  /** A strict webhook's head goes back to the front of its lane: nothing overtakes it. */
  putBack(webhookId: string, item: LaneItem): void {
    const lane = this.laneOf(webhookId);
    lane.queue.unshift(item);
    lane.bytes += item.value.length;
    this.list(lane);
  }

  /** All that waits of a strict webhook follows its head, which `first` re-writes, to the parked lane. */
  divertBehind(webhookId: string, first: () => void): void {
    const lane = this.laneOf(webhookId);
    assert(lane.diverted === null, 'the head of a diverted lane comes from the parked lane');
    first();
    this.divertWaiting(lane, 'blocked');
  }

  /** The webhook's deliveries go to the parked lane from now on. */
  setDiverted(webhookId: string, reason: ParkedReason): void {
    this.laneOf(webhookId).diverted ??= reason;
  }

  /** Nothing of the webhook is parked any more: what comes next is taken directly. */
  undivert(webhookId: string): void {
    const lane = this.lanes.get(webhookId);
    if (lane === undefined) return;
    lane.diverted = null;
    this.forgetIfIdle(lane);
  }

  /** Starts whatever may start. Call after adding, after finishing, and from a slow tick. */
  run(now: number): void {
    while (!this.isStopped && this.hasSlot() && this.options.mayStart()) {
      const lane = this.turns.next();
      if (lane === undefined) return;
      lane.place = 'idle';
      this.turn(lane, now);
    }
  }

  finish(attempt: RunningAttempt): void {
    this.running.delete(attempt);
    if (attempt.slow) this.slow -= 1;
    attempt.lane.inFlight -= 1;
    this.list(attempt.lane);
    this.forgetIfIdle(attempt.lane);
  }

  /** Marks slow attempts, wakes lanes whose time has come, diverts what has waited too long. Call some times a second. */
  sweep(now: number): void {
    for (const attempt of this.running) {
      if (now - attempt.startedAt < this.options.slowAfterMs) break;
      if (!attempt.slow) this.slow += 1;
      attempt.slow = true;
    }
    for (const [lane, until] of this.blocked) {
      if (until > now) continue;
      this.blocked.delete(lane);
      lane.place = 'idle';
      this.list(lane);
      this.forgetIfIdle(lane);
    }
    for (const lane of this.lanes.values()) this.divertOld(lane, now);
    this.run(now);
  }

  /** Forgets what waits of these partitions: another member reads it again. Attempts in flight go on. */
  drop(leases: ReadonlySet<PartitionLease>): void {
    for (const lane of this.lanes.values()) {
      const parked = this.remove(lane, (item) => leases.has(item.lease)).filter(({ source }) => source === 'parked');
      if (parked.length > 0) this.options.giveBack(lane.webhookId, parked);
      lane.diverted = null;
      this.forgetIfIdle(lane);
    }
  }

  /** Starts nothing more. */
  stop(): void {
    this.isStopped = true;
  }

  private hasSlot(): boolean {
    const { maxInFlight } = this.options;
    return this.running.size - this.slow < maxInFlight && this.running.size < maxInFlight * 4;
  }

  private turn(lane: Lane, now: number): void {
    const next = lane.queue.peek();
    if (next === undefined) {
      this.forgetIfIdle(lane); // its deliveries were dropped meanwhile
      return;
    }
    if (lane.inFlight >= this.options.limit(lane.webhookId)) return; // finish() lists it again
    const isDue = next.notBefore <= now;
    const until = isDue ? this.options.admit(lane.webhookId, now) : next.notBefore;
    if (typeof until === 'string') {
      lane.place = 'atOrigin';
      this.turns.waitAt(until, lane);
      return;
    }
    if (until !== null && until > now) {
      if (isDue) this.options.heldBack(next, lane.webhookId);
      lane.place = 'blocked';
      this.blocked.set(lane, until);
      return;
    }
    lane.queue.shift();
    lane.bytes -= next.value.length;
    lane.inFlight += 1;
    const attempt = { lane, startedAt: now, slow: false };
    this.running.add(attempt);
    this.list(lane);
    this.options.start(next, lane.webhookId, attempt);
  }

  private isFull(lane: Lane, item: LaneItem): boolean {
    const { laneRecordsMax, laneBytesMax } = this.options;
    if (lane.queue.length === 0) return false;
    return lane.queue.length >= laneRecordsMax || lane.bytes + item.value.length > laneBytesMax;
  }

  private divertOld(lane: Lane, now: number): void {
    const oldest = lane.queue.peek();
    if (oldest === undefined || now - oldest.addedAt < this.options.divertAfterMs) return;
    if (oldest.source === 'main') {
      this.divertWaiting(lane, this.options.waitsFor(lane.webhookId, now) ?? 'backlog');
    } else if (lane.place === 'blocked') {
      this.options.giveBack(
        lane.webhookId,
        this.remove(lane, () => true),
      );
    } else if (lane.place === 'atOrigin' && lane.queue.length > parkedAtOriginMax) {
      // The first of them stay: they keep the turn.
      let kept = 0;
      const isBeyond = () => (kept += 1) > parkedAtOriginMax;
      this.options.giveBack(lane.webhookId, this.remove(lane, isBeyond));
    }
  }

  /**
   * All that waits goes, not only what comes next: the parked lane then has the whole order, and the main lane has
   * nothing of this webhook that could hold back its commit.
   */
  private divertWaiting(lane: Lane, reason: ParkedReason): void {
    assert(lane.diverted === null, 'a diverted lane holds no main items');
    lane.diverted = reason;
    this.options.divert(
      lane.webhookId,
      this.remove(lane, () => true),
      reason,
    );
  }

  private remove(lane: Lane, isGone: (item: LaneItem) => boolean): readonly LaneItem[] {
    const removed = lane.queue.removeWhere(isGone);
    for (const item of removed) lane.bytes -= item.value.length;
    return removed;
  }

  private list(lane: Lane): void {
    if (lane.place !== 'idle' || lane.queue.length === 0) return;
    lane.place = 'ready';
    this.turns.ready(lane);
  }

  private laneOf(webhookId: string): Lane {
    const known = this.lanes.get(webhookId);
    if (known !== undefined) return known;
    const lane: Lane = { webhookId, queue: new Fifo(), bytes: 0, inFlight: 0, place: 'idle', diverted: null };
    this.lanes.set(webhookId, lane);
    return lane;
  }

  /** A webhook at rest costs nothing: its lane is made again when it is needed. */
  private forgetIfIdle(lane: Lane): void {
    if (lane.queue.length === 0 && lane.inFlight === 0 && lane.diverted === null && lane.place === 'idle') {
      this.lanes.delete(lane.webhookId);
    }
  }
}
