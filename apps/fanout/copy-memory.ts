/**
 * In: events as they are fanned out. Out: of each, whether it is a copy of one that came within the window.
 * Holds: an event is a copy when client, source, id, type and data are those of another record; the same record read again is none,
 * since what became of it may be lost; other data under the same id is none, since nobody sent that; memory is bounded in events and in bytes,
 * and with more events than it takes the window becomes shorter.
 *
 * Everything lies in typed arrays: at most 45 bytes an event, which no collection of garbage looks at.
 */
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { definitionLeaseMs } from '../../libs/domain/webhook/definition-lease.ts';
import type { FirstCopy } from '../../libs/domain/delivery/fan-out.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';

/** What of an event its copies are known by. */
export type Copyable = Pick<
  WebhookEvent,
  'eventKey' | 'eventType' | 'data' | 'sourceTopic' | 'sourcePartition' | 'sourceOffset'
>;

export interface CopyMemoryOptions {
  /** 0: nothing is a copy. */
  readonly windowMs: number;
  readonly eventsMax: number;
}

/**
 * Of what was read from the log the time is that of another process, and so are the times of definitions: it counts as this much
 * earlier. An event that is published after the answer to a change is later than that ({@link definitionLeaseMs}).
 */
const skewMs = definitionLeaseMs;
const eventsMin = 1_024;
const none = -1;
/** A CRC can be chosen. Where it falls cannot: this number is another in each process. */
const spread = (randomInt(2 ** 30) << 1) | 1;

export class CopyMemory {
  private readonly options: CopyMemoryOptions;
  private entries: Entries;
  /** Slots form a ring: the oldest, and how many follow. */
  private oldest = 0;
  private count = 0;

  constructor(options: CopyMemoryOptions) {
    this.options = options;
    this.entries = new Entries(Math.min(eventsMin, options.eventsMax));
  }

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return this.entries.bytes;
  }

  /** How far back it reaches at most. */
  reachMs(now: number): number {
    return this.count === 0 ? 0 : Math.max(0, now - (this.entries.seenAt[this.oldest] as number));
  }

  /** @returns the one that it is a copy of; null: there is none, and this one is remembered */
  look(event: Copyable, now: number): FirstCopy | null {
    const { windowMs } = this.options;
    if (windowMs === 0) return null;
    this.forget(now - windowMs);
    const key = keyOf(event);
    const slot = this.entries.find(key);
    if (slot === none || now - (this.entries.seenAt[slot] as number) > windowMs) {
      this.add(key, event, now, false);
      return null;
    }
    if (this.entries.hasRecord(slot, key, event)) return null;
    const seenAt = (this.entries.seenAt[slot] as number) - (this.entries.isRead[slot] === 1 ? skewMs : 0);
    return { seenAt };
  }

  /** As another process, or this one before it was started again, has fanned it out. The first counts. */
  remember(event: Copyable, seenAt: number): void {
    if (this.options.windowMs === 0) return;
    const key = keyOf(event);
    if (this.entries.find(key) === none) this.add(key, event, seenAt, true);
  }

  /**
   * A copy went to webhooks that the first did not: from now on all that there are have it. Both records are remembered: either
   * may be read again, and what became of it may be lost.
   */
  renew(event: Copyable, now: number): void {
    if (this.options.windowMs > 0) this.add(keyOf(event), event, now, false);
  }

  private add(key: Key, event: Copyable, seenAt: number, isRead: boolean): void {
    if (this.count === this.entries.capacity) {
      if (this.count < this.options.eventsMax) this.grow();
      else this.dropOldest();
    }
    const slot = (this.oldest + this.count) % this.entries.capacity;
    this.entries.put(slot, key, event, seenAt, isRead);
    this.count += 1;
  }

  private forget(before: number): void {
    while (this.count > 0 && (this.entries.seenAt[this.oldest] as number) < before) this.dropOldest();
  }

  private dropOldest(): void {
    this.entries.drop(this.oldest);
    this.oldest = (this.oldest + 1) % this.entries.capacity;
    this.count -= 1;
  }

  private grow(): void {
    const larger = new Entries(Math.min(2 * this.entries.capacity, this.options.eventsMax));
    for (let index = 0; index < this.count; index += 1) {
      larger.copy(index, this.entries, (this.oldest + index) % this.entries.capacity);
    }
    this.entries = larger;
    this.oldest = 0;
  }
}

interface Key {
  readonly low: number;
  readonly high: number;
  readonly content: number;
}

/** 64 bits of the hash in the key of the event, which is one of client, source and id, and 32 of type and data. */
function keyOf({ eventKey, eventType, data }: Copyable): Key {
  return {
    low: parseInt(eventKey.slice(28), 16),
    high: parseInt(eventKey.slice(24, 28) + eventKey.slice(20, 23) + eventKey.slice(17, 18), 16),
    content: crc32(data, crc32(eventType)),
  };
}

function placeOf({ sourceTopic, sourcePartition }: Copyable): number {
  return (crc32(sourceTopic ?? '') ^ (sourcePartition ?? none)) >>> 0;
}

/** Slots, found by their keys: chains of those whose keys fall into one bucket, the newest first. */
class Entries {
  readonly capacity: number;
  readonly seenAt: Float64Array;
  /** 1: it was read from the log of another process. */
  readonly isRead: Uint8Array;
  private readonly low: Uint32Array;
  private readonly high: Uint32Array;
  private readonly content: Uint32Array;
  private readonly place: Uint32Array;
  private readonly offset: Float64Array;
  private readonly next: Int32Array;
  private readonly buckets: Int32Array;
  /** Of 32 bits the highest are the bucket. */
  private readonly shift: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.seenAt = new Float64Array(capacity);
    this.isRead = new Uint8Array(capacity);
    this.low = new Uint32Array(capacity);
    this.high = new Uint32Array(capacity);
    this.content = new Uint32Array(capacity);
    this.place = new Uint32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.next = new Int32Array(capacity).fill(none);
    const bits = Math.ceil(Math.log2(capacity + 1));
    this.shift = 32 - bits;
    this.buckets = new Int32Array(2 ** bits).fill(none);
  }

  get bytes(): number {
    return this.capacity * 37 + this.buckets.byteLength;
  }

  /** The newest of this key. */
  find(key: Key): number {
    return this.sameFrom(this.buckets[this.bucketOf(key.low, key.content)] as number, key);
  }

  /** Whether one of this key, from this slot on, is the same record. */
  hasRecord(newest: number, key: Key, event: Copyable): boolean {
    const place = placeOf(event);
    const offset = event.sourceOffset ?? none;
    for (let slot = newest; slot !== none; slot = this.sameFrom(this.next[slot] as number, key)) {
      if (this.place[slot] === place && this.offset[slot] === offset) return true;
    }
    return false;
  }

  private sameFrom(first: number, { low, high, content }: Key): number {
    let slot = first;
    while (slot !== none && (this.low[slot] !== low || this.high[slot] !== high || this.content[slot] !== content)) {
      slot = this.next[slot] as number;
    }
    return slot;
  }

  put(slot: number, { low, high, content }: Key, event: Copyable, seenAt: number, isRead: boolean): void {
    this.low[slot] = low;
    this.high[slot] = high;
    this.content[slot] = content;
    this.place[slot] = placeOf(event);
    this.offset[slot] = event.sourceOffset ?? none;
    this.seenAt[slot] = seenAt;
    this.isRead[slot] = isRead ? 1 : 0;
    this.chain(slot);
  }

  copy(slot: number, from: Entries, other: number): void {
    this.low[slot] = from.low[other] as number;
    this.high[slot] = from.high[other] as number;
    this.content[slot] = from.content[other] as number;
    this.place[slot] = from.place[other] as number;
    this.offset[slot] = from.offset[other] as number;
    this.seenAt[slot] = from.seenAt[other] as number;
    this.isRead[slot] = from.isRead[other] as number;
    this.chain(slot);
  }

  drop(slot: number): void {
    const bucket = this.bucketOf(this.low[slot] as number, this.content[slot] as number);
    let at = this.buckets[bucket] as number;
    if (at === slot) {
      this.buckets[bucket] = this.next[slot] as number;
      return;
    }
    while (this.next[at] !== slot) at = this.next[at] as number;
    this.next[at] = this.next[slot] as number;
  }

  private chain(slot: number): void {
    const bucket = this.bucketOf(this.low[slot] as number, this.content[slot] as number);
    this.next[slot] = this.buckets[bucket] as number;
    this.buckets[bucket] = slot;
  }

  /** By the content too: producers that give all their events one id would else make one chain of them. */
  private bucketOf(low: number, content: number): number {
    return (low ^ Math.imul(content, spread)) >>> this.shift;
  }
}
