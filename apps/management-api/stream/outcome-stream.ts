/**
 * One stream of outcomes to one reader. In: outcomes with their offsets, live and, when it goes on after an id, from
 * what Kafka has kept. Out: server-sent events (WHATWG HTML, section 9.2). Holds: each offset once and in the order of
 * its partition; what waits for a slow reader is bounded: reading what was kept waits, and a reader that is too slow
 * for what is live is let go, to come back with the last id; what is left out is told by an event named `gap`.
 */
import { Readable } from 'node:stream';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { streamPositionText, type StreamPosition } from '../../../libs/domain/delivery/stream-position.ts';
import type { Follower } from './outcome-feed.ts';

/** Reads what Kafka has kept, for a stream that goes on after an id. */
export interface KeptOutcomes {
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface OutcomeStreamOptions {
  readonly wants: (outcome: DeliveryOutcome) => boolean;
  readonly dataOf: (outcome: DeliveryOutcome) => object;
  /** Where it begins: the next offset of each partition. */
  readonly from: StreamPosition;
  /** What the feed hands out next, now. */
  readonly live: () => StreamPosition;
  /** Until when all was passed on before; Unix milliseconds, null: not known. */
  readonly toldUntil?: number | null;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** For how long nothing was heard of Kafka. */
  readonly silentMs?: () => number;
}

/** Bytes that may wait for the reader. */
const waitingBytesMax = 1024 * 1024;
/** While it catches up, a whole answer of Kafka may wait beside. */
const catchingUpBytesMax = 16 * 1024 * 1024;
/** What happened so long ago has been passed on by a stream that is live. */
const liveDelayMs = 5_000;
/** Told to readers: when to come back, in milliseconds. */
const comeBackMs = 2_000;

export class OutcomeStream extends Readable implements Follower {
  private readonly options: OutcomeStreamOptions;
  private readonly next: Map<number, number>;
  /** Partitions that still come from what was kept. */
  private readonly behind = new Set<number>();
  /** Partitions of which something came that was kept. */
  private readonly begun = new Set<number>();
  /** What came live when it was asked last: it only grows, and asking for each record would cost more than the record. */
  private knownLive: StreamPosition;
  private kept: KeptOutcomes | null = null;
  private hasEnded = false;

  constructor(options: OutcomeStreamOptions) {
    super({ highWaterMark: 64 * 1024 });
    this.options = options;
    this.next = new Map(options.from);
    const live = options.live();
    this.knownLive = live;
    for (const [partition, offset] of live) {
      const from = this.next.get(partition);
      // A partition that the id does not name is new since then: all of it is news.
      if ((from ?? 0) < offset) this.behind.add(partition);
      if (from === undefined) this.next.set(partition, 0);
    }
    this.push(`retry: ${comeBackMs}\n: connected\nid: ${this.id}\n\n`);
  }

  /** True while something of what was kept is still to be read. */
  get isBehind(): boolean {
    return this.behind.size > 0;
  }

  /** The next offset of each partition. */
  get position(): StreamPosition {
    return new Map(this.next);
  }

  /** Some of what was asked for is not to be had. */
  tellGap(): void {
    if (this.isOver) return;
    const { toldUntil = null, now } = this.options;
    const from = toldUntil === null ? null : new Date(toldUntil).toISOString();
    const data = JSON.stringify({ from, until: new Date(now()).toISOString() });
    this.push(`id: ${this.id}\nevent: gap\ndata: ${data}\n\n`);
  }

  /** Leaves out what was kept before these offsets. */
  skipTo(position: StreamPosition): void {
    for (const [partition, next] of position) this.catchUp(partition, next);
    this.tellGap();
  }

  /** Its reader is told apart by {@link takeKept}. */
  readKept(kept: KeptOutcomes): void {
    this.kept = kept;
    if (!this.isBehind) this.leaveKept();
  }

  /** Live. */
  takeLive(partition: number, offset: number, outcome: DeliveryOutcome | null): void {
    if (this.behind.has(partition)) return;
    this.accept(partition, offset, outcome);
    if (this.readableLength > (this.isBehind ? catchingUpBytesMax : waitingBytesMax)) this.destroy();
  }

  takeKept(partition: number, offset: number, outcome: DeliveryOutcome | null): void {
    if (!this.behind.has(partition)) return;
    if (!this.begun.has(partition)) this.begin(partition, offset);
    if (!this.accept(partition, offset, outcome)) this.kept?.pause();
    this.catchUp(partition, offset + 1);
  }

  /** Of the partition nothing comes that is below this offset. */
  passOver(partition: number, next: number): void {
    if (!this.behind.has(partition)) return;
    if (!this.begun.has(partition)) this.begin(partition, next);
    this.catchUp(partition, next);
  }

  /** What lies between is kept no longer. */
  private begin(partition: number, offset: number): void {
    this.begun.add(partition);
    if (offset > (this.next.get(partition) ?? 0)) this.tellGap();
  }

  /** Everything of the partition below this offset is read, or left out. */
  private catchUp(partition: number, next: number): void {
    if (!this.behind.has(partition)) return;
    this.next.set(partition, Math.max(this.next.get(partition) ?? 0, next));
    if (this.isBelowLive(partition)) return;
    this.behind.delete(partition);
    if (!this.isBehind) this.leaveKept();
  }

  private isBelowLive(partition: number): boolean {
    const next = this.next.get(partition) ?? 0;
    if (next < (this.knownLive.get(partition) ?? 0)) return true;
    this.knownLive = this.options.live();
    return next < (this.knownLive.get(partition) ?? 0);
  }

  /** Shows that it is alive, and where it stands though nothing came for this reader. */
  beat(): void {
    if (!this.isOver) this.push(`: alive\nid: ${this.id}\n\n`);
  }

  /** What waits is still sent. */
  end(): void {
    if (this.isOver) return;
    this.hasEnded = true;
    this.leaveKept();
    this.push(null);
  }

  override _read(): void {
    this.kept?.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.leaveKept();
    done(error);
  }

  private get id(): string {
    const { toldUntil = null, now, silentMs } = this.options;
    return streamPositionText(this.next, this.isBehind ? toldUntil : now() - liveDelayMs - (silentMs?.() ?? 0));
  }

  private get isOver(): boolean {
    return this.hasEnded || this.destroyed;
  }

  private leaveKept(): void {
    this.kept?.stop();
    this.kept = null;
  }

  /** False when more should not come at once. */
  private accept(partition: number, offset: number, outcome: DeliveryOutcome | null): boolean {
    if (this.isOver || offset < (this.next.get(partition) ?? 0)) return true;
    this.next.set(partition, offset + 1);
    if (outcome === null || !this.options.wants(outcome)) return true;
    const data = JSON.stringify(this.options.dataOf(outcome));
    return this.push(`id: ${this.id}\nevent: outcome\ndata: ${data}\n\n`);
  }
}
