/**
 * The attempts in flight of the whole process, and the webhooks that wait for a place. In: lanes with something to send;
 * attempts as they start and end. Out: which lane is next.
 * Holds: clients share what there is (fair-places.ts), so none of them ever has all of it; webhooks that are quick, slow or
 * not known yet have places of their own, so what is quick waits for nothing else. What a slow attempt costs is memory and
 * a socket. All are bounded in number, and in the bytes of what they send: in a quick place it may turn out to be slow.
 *
 * A webhook is slow from its first long attempt to its next short one while no other of it is long, and quick from there on,
 * also when nothing of it waits: one quick answer among ten that take half a minute makes it no quicker. An attempt that
 * turns out to be long moves among the slow ones, unless its client has its share of them: then it keeps its place, and
 * counts against what its client may have there.
 */
import { InOrder } from '../../../libs/runtime/in-order.ts';
import type { BufferBudget } from './buffer-budget.ts';
import { FairPlaces } from './fair-places.ts';
import type { Lane, Pace, Running } from '../lanes/lane.ts';
import type { LaneItem } from '../lanes/lane-item.ts';

export interface AttemptSlotsOptions {
  /** Attempts of webhooks that are quick, and as many again of webhooks that are not known yet. */
  readonly maxInFlight: number;
  /** Attempts of webhooks that are slow. */
  readonly maxSlow: number;
  readonly slowAfterMs: number;
  readonly budget: Pick<BufferBudget, 'attemptBytes'>;
}

const slowRememberedMax = 10_000;
const quickRememberedMax = 50_000;
/** A quick place is free again within half a second: little needs to be kept. */
const quickShareOfFree = 3;
/** A slow one may be taken for half a minute. */
const slowShareOfFree = 1;
/** Of the places for those that are not slow: a client that holds less need not wait for bytes of others. */
const little = 1 / 64;

export class AttemptSlots {
  private readonly slowAfterMs: number;
  /** In the order of their starts. */
  private readonly running = new InOrder<Running>();
  private readonly places: Readonly<Record<Pace, FairPlaces<Lane>>>;
  /** Webhooks whose last attempt took long, the latest last. */
  private readonly slowOnes = new Set<string>();
  /** Those whose last attempt did not. */
  private readonly quickOnes = new Set<string>();

  constructor({ maxInFlight, maxSlow, slowAfterMs, budget }: AttemptSlotsOptions) {
    this.slowAfterMs = slowAfterMs;
    const { attemptBytes } = budget;
    const others = { placesMax: maxInFlight, shareOfFree: quickShareOfFree, little };
    this.places = {
      unknown: new FairPlaces({ ...others, bytesMax: attemptBytes.unknown }),
      quick: new FairPlaces({ ...others, bytesMax: attemptBytes.quick }),
      slow: new FairPlaces({ placesMax: maxSlow, shareOfFree: slowShareOfFree, bytesMax: attemptBytes.slow }),
    };
  }

  get inFlight(): number {
    return this.running.size;
  }

  /** Those in places for slow ones. */
  get slowInFlight(): number {
    return this.places.slow.used;
  }

  /** Clients that have their share of places, and something more to send: counted for each pace. */
  get clientsWaiting(): number {
    const { unknown, quick, slow } = this.places;
    return unknown.clientsWaiting + quick.clientsWaiting + slow.clientsWaiting;
  }

  paceOf(webhookId: string): Pace {
    if (this.quickOnes.has(webhookId)) return 'quick';
    return this.slowOnes.has(webhookId) ? 'slow' : 'unknown';
  }

  isFreeFor({ pace, clientId }: Lane): boolean {
    return this.places[pace].isFreeFor(clientId);
  }

  /** It has something to send. */
  wait(lane: Lane): void {
    lane.place = lane.pace === 'slow' ? 'slow' : 'ready';
    this.places[lane.pace].wait(lane);
  }

  /** The lane whose turn it is; undefined when none that waits may have a place. */
  next(): Lane | undefined {
    const { unknown, quick, slow } = this.places;
    return unknown.next() ?? quick.next() ?? slow.next();
  }

  start(lane: Lane, item: LaneItem, now: number): Running {
    const { clientId, pace } = lane;
    const attempt: Running = {
      lane,
      item,
      clientId,
      startedAt: now,
      slow: false,
      place: pace,
      before: undefined,
      after: undefined,
    };
    this.running.add(attempt);
    lane.inFlight += 1;
    this.places[pace].take(clientId, item.value.length);
    return attempt;
  }

  end(attempt: Running): void {
    const { lane, item, clientId, place } = attempt;
    this.running.delete(attempt);
    lane.inFlight -= 1;
    this.places[place].giveBack(clientId, item.value.length);
    if (isListed(lane)) this.places[lane.pace].moved(lane);
    if (attempt.slow) lane.slowInFlight -= 1;
    else if (lane.slowInFlight === 0) this.turn(lane, 'quick');
  }

  /** Call some times a second. */
  markSlow(now: number): void {
    for (const attempt of this.running) {
      if (now - attempt.startedAt < this.slowAfterMs) break;
      if (!attempt.slow) {
        attempt.slow = true;
        attempt.lane.slowInFlight += 1;
        this.turn(attempt.lane, 'slow');
      }
      if (attempt.place !== 'slow' && this.places.slow.isFreeFor(attempt.clientId)) this.toSlowPlace(attempt);
    }
  }

  private toSlowPlace(attempt: Running): void {
    const { clientId, item, place } = attempt;
    this.places[place].giveBack(clientId, item.value.length);
    this.places.slow.take(clientId, item.value.length);
    attempt.place = 'slow';
  }

  private turn(lane: Lane, pace: 'quick' | 'slow'): void {
    if (lane.pace === pace) return;
    const { webhookId } = lane;
    if (pace === 'slow') {
      this.quickOnes.delete(webhookId);
      remember(this.slowOnes, webhookId, slowRememberedMax);
    } else {
      this.slowOnes.delete(webhookId);
      remember(this.quickOnes, webhookId, quickRememberedMax);
    }
    const wasListed = isListed(lane);
    if (wasListed) this.places[lane.pace].leave(lane);
    lane.pace = pace;
    if (wasListed) this.wait(lane);
  }
}

function isListed({ place }: Lane): boolean {
  return place === 'ready' || place === 'slow';
}

/** Of more than `max` the one that was added first is forgotten. */
function remember(webhooks: Set<string>, webhookId: string, max: number): void {
  webhooks.add(webhookId);
  if (webhooks.size <= max) return;
  for (const oldest of webhooks) {
    webhooks.delete(oldest);
    return;
  }
}
