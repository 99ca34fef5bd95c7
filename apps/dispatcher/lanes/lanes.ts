/**
 * In: deliveries as they are read, from webhook.deliveries (`main`) and from the parked lane (`parked`).
 * Out: calls of `start`, one per attempt to make, and of `divert`, for what must not wait in memory.
 * Holds: a webhook's deliveries start in the order they were added; at most its limit are in flight; clients share the places for
 * attempts, and each client's webhooks its own; memory is bounded; a webhook that waits (pause, breaker, rate, strict head, share of
 * its client, slow endpoint) leaves the main lane within `divertAfterMs`: it never holds back a commit. No I/O and no clock in here.
 */
import assert from 'node:assert/strict';
import type { ParkedReason } from '../../../libs/domain/delivery/delivery.ts';
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import { DueQueue } from '../../../libs/runtime/due-queue.ts';
import { waitUntil, type Admission } from '../gate/admission.ts';
import { AttemptSlots } from '../gate/attempt-slots.ts';
import { HeldUp } from '../gate/held-up.ts';
import { emptyLane, isFull, oldestWrittenAt, type Lane, type Running } from './lane.ts';
import { isInLine, LaneAges, parkedInLineMax } from './lane-ages.ts';
import type { LaneItem } from './lane-item.ts';
import type { LanesOptions } from './lanes-options.ts';
import { StartOrder } from '../gate/start-order.ts';

/** How often memory that is tight is looked through, in milliseconds. */
const tightEveryMs = 250;

export class Lanes {
  readonly slots: AttemptSlots;
  private readonly lanes = new Map<string, Lane>();
  private readonly turns: StartOrder;
  private readonly blocked = new DueQueue<Lane>();
  private readonly ages: LaneAges;
  private readonly heldUp: HeldUp;
  private readonly options: LanesOptions;
  private waiting = 0;
  private tightAt = -Infinity;
  private isStopped = false;

  constructor(options: LanesOptions) {
    this.options = options;
    this.slots = new AttemptSlots(options);
    this.ages = new LaneAges(options.divertAfterMs);
    this.heldUp = new HeldUp(options);
    this.turns = new StartOrder(this.slots, (origin, clientId) => options.hasRoom(origin, clientId));
  }

  get inFlight(): number {
    return this.slots.inFlight;
  }

  /** Deliveries in memory that have not started. */
  get queued(): number {
    return this.waiting;
  }

  /** Unix milliseconds of the oldest record of this source that is next of its webhook; null when there is none. */
  oldestWrittenAt(source: LaneItem['source']): number | null {
    return oldestWrittenAt(this.lanes.values(), source);
  }

  /** Parked records of the webhook that may be in memory: none while it is blocked, or there is no memory for it. */
  parkedCapacity(webhookId: string): number {
    const lane = this.lanes.get(webhookId);
    const { laneRecordsMax, laneBytesMax, budget } = this.options;
    const clientId = lane?.clientId ?? this.options.clientOf(webhookId);
    const recordsMax = Math.min(laneRecordsMax, budget.parkedRecords(lane?.pace === 'slow', clientId));
    if (lane === undefined) return recordsMax;
    if (lane.place === 'blocked' || lane.place === 'heldUp' || lane.bytes >= laneBytesMax) return 0;
    return isInLine(lane) ? Math.min(parkedInLineMax, recordsMax) : recordsMax;
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
    if (item.source === 'main' && isFull(lane, item, this.options)) {
      this.divertWaiting(lane, 'backlog');
      this.options.divert(webhookId, [item], 'backlog');
      return;
    }
    lane.queue.push(item);
    this.keep(lane, item);
  }

  /** A strict webhook's head goes back to the front of its lane: nothing overtakes it. */
  putBack(webhookId: string, item: LaneItem): void {
    const lane = this.laneOf(webhookId);
    lane.queue.unshift(item);
    this.keep(lane, item);
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

  /** Starts whatever may start. Call after adding, after finishing (mostly nothing waits, and no clock is asked), and from a slow tick. */
  run(now: number): void {
    while (!this.isStopped && !this.turns.isEmpty && this.options.mayStart()) {
      const lane = this.turns.next();
      if (lane === undefined) return;
      lane.place = 'idle';
      this.turn(lane, now);
    }
  }

  /** @param attempt that was started */
  finish(attempt: Running): void {
    const { lane } = attempt;
    this.slots.end(attempt);
    this.options.budget.ended(attempt.item, lane.memory);
    this.list(lane);
    this.forgetIfIdle(lane);
  }

  /** Marks slow attempts, wakes lanes whose time has come, diverts what has waited too long. Call some times a second. */
  sweep(now: number): void {
    this.slots.markSlow(now);
    for (let lane = this.blocked.popDue(now); lane !== null; lane = this.blocked.popDue(now)) this.unblock(lane);
    for (const lane of this.heldUp.released(now)) {
      this.ages.watch(lane);
      if (lane.place === 'heldUp') this.unblock(lane);
    }
    this.divertAllOld(now);
    if (this.options.budget.isTight && now - this.tightAt >= tightEveryMs) this.giveBackOfSlow(now);
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

  /** `admit` said `hold`, and that is over. */
  wake(webhookId: string): void {
    const lane = this.lanes.get(webhookId);
    if (lane?.place === 'blocked') this.unblock(lane);
  }

  /** Starts nothing more. */
  stop(): void {
    this.isStopped = true;
  }

  private turn(lane: Lane, now: number): void {
    const next = lane.queue.peek();
    if (next === undefined) {
      this.unblock(lane); // its deliveries were dropped meanwhile
      return;
    }
    if (lane.inFlight >= this.options.limit(lane.webhookId)) return; // finish() lists it again
    if (this.heldUp.keepsFromStart(lane, next.partition, now)) return;
    const isDue = next.notBefore <= now;
    const admission = isDue ? this.options.admit(lane.webhookId, now) : waitUntil(next.notBefore);
    if (admission.kind !== 'go') {
      if (isDue && admission.kind !== 'origin') this.options.heldBack(next, lane.webhookId);
      this.block(lane, admission);
      return;
    }
    lane.queue.shift();
    lane.bytes -= next.value.length;
    this.waiting -= 1;
    this.options.budget.began(next);
    const attempt = this.slots.start(lane, next, now);
    this.list(lane);
    this.ages.watch(lane);
    this.options.start(next, lane.webhookId, attempt);
  }

  private block(lane: Lane, admission: Exclude<Admission, { kind: 'go' }>): void {
    lane.place = admission.kind === 'origin' ? 'atOrigin' : 'blocked';
    if (admission.kind === 'origin') this.turns.waitAt(admission.origin, lane);
    if (admission.kind === 'wait') this.blocked.push(admission.until, lane);
    this.ages.watch(lane);
  }

  private keep(lane: Lane, item: LaneItem): void {
    lane.partition = item.partition;
    lane.bytes += item.value.length;
    this.waiting += 1;
    this.options.budget.add(item, lane.memory);
    this.list(lane);
    this.ages.watch(lane);
  }

  private unblock(lane: Lane): void {
    lane.place = 'idle';
    this.list(lane);
    if (lane.partition !== null) this.options.roomGrew(lane.webhookId, lane.partition);
    this.forgetIfIdle(lane);
  }

  /**
   * None while Kafka does not acknowledge: one buffer is not emptied into another that is full. None while nothing may
   * start: another may have the partition and send what waits here, and the copy would be sent once more.
   */
  private divertAllOld(now: number): void {
    while (this.options.budget.mayAppend && this.options.mayStart()) {
      const lane = this.ages.next(now);
      if (lane === null) return;
      if (this.heldUp.keepsFromDiverting(lane, now)) continue;
      this.divertOld(lane, now);
      this.ages.watch(lane);
    }
  }

  /** They are in the log, and the memory is for those that can use it: the next one stays. */
  private giveBackOfSlow(now: number): void {
    this.tightAt = now;
    for (const lane of this.lanes.values()) {
      if (lane.pace !== 'slow' || lane.queue.length < 2 || lane.queue.peek()?.source !== 'parked') continue;
      this.options.giveBack(lane.webhookId, this.removeBeyond(lane, 1));
    }
  }

  private divertOld(lane: Lane, now: number): void {
    const oldest = lane.queue.peek();
    if (oldest === undefined || now - oldest.addedAt < this.options.divertAfterMs) return;
    if (oldest.source === 'main') {
      this.divertWaiting(lane, this.options.waitsFor(lane.webhookId, now) ?? 'backlog');
    } else if (lane.place === 'blocked') {
      this.options.giveBack(lane.webhookId, this.removeBeyond(lane, 0));
    } else if (isInLine(lane) && lane.queue.length > parkedInLineMax) {
      // The first of them stay: they keep the turn.
      this.options.giveBack(lane.webhookId, this.removeBeyond(lane, parkedInLineMax));
    }
  }

  /** Not only what comes next: the parked lane then has the whole order, the main lane nothing that could hold back its commit. */
  private divertWaiting(lane: Lane, reason: ParkedReason): void {
    assert(lane.diverted === null, 'a diverted lane holds no main items');
    lane.diverted = reason;
    this.options.divert(lane.webhookId, this.removeBeyond(lane, 0), reason);
  }

  private removeBeyond(lane: Lane, keptMax: number): readonly LaneItem[] {
    let kept = 0;
    return this.remove(lane, () => (kept += 1) > keptMax);
  }

  private remove(lane: Lane, isGone: (item: LaneItem) => boolean): readonly LaneItem[] {
    const removed = lane.queue.removeWhere(isGone);
    for (const item of removed) {
      lane.bytes -= item.value.length;
      this.options.budget.remove(item, lane.memory);
    }
    this.waiting -= removed.length;
    return removed;
  }

  private list(lane: Lane): void {
    if (lane.place !== 'idle' || lane.queue.length === 0) return;
    // As many are in flight as may be: finish() lists it again.
    if (lane.inFlight > 0 && lane.inFlight >= this.options.limit(lane.webhookId)) return;
    if (lane.clientId === '') lane.clientId = this.options.clientOf(lane.webhookId);
    this.slots.wait(lane);
    if (lane.pace === 'slow') this.ages.watch(lane);
  }

  private laneOf(webhookId: string): Lane {
    const known = this.lanes.get(webhookId);
    if (known !== undefined) return known;
    const clientId = this.options.clientOf(webhookId);
    const lane = emptyLane(webhookId, clientId, this.slots.paceOf(webhookId), this.options.budget.enter(clientId));
    this.lanes.set(webhookId, lane);
    return lane;
  }

  /** A webhook at rest costs nothing: its lane is made again when it is needed. */
  private forgetIfIdle(lane: Lane): void {
    if (lane.queue.length === 0 && lane.inFlight === 0 && lane.diverted === null && lane.place === 'idle') {
      this.lanes.delete(lane.webhookId);
      this.options.budget.leave(lane.memory);
    }
  }
}
