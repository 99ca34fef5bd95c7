/**
 * Who reads what Kafka has kept, and when. Such reading passes over everybody's outcomes, on the event loop that answers all
 * requests, so it is given out in turns. Holds: few read at once, two of an owner (a client, or an operator's key) while a
 * place is left for others; whoever has just had a turn waits behind others; all together they have a fixed part of the
 * time; who takes too long, or waits too long for others, gives up, and nobody because of its owner's own.
 */
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';

export interface CatchUp {
  begin(): void;
  /** Works until there is nothing to do, or until told that the turn is over. */
  work(isOver: () => boolean): void;
  /** What is left is left out. */
  giveUp(): void;
}

export interface CatchUpsOptions {
  readonly atOnceMax?: number;
  /** Of each span of time, the part that all may work. */
  readonly everyMs?: number;
  readonly workMs?: number;
  /** Between two of one owner: each makes connections to Kafka. */
  readonly betweenMs?: number;
  readonly takesMsMax?: number;
  /** Without one of its owner's that begins. */
  readonly waitsMsMax?: number;
  readonly now?: () => number;
}

interface Entry {
  readonly owner: string;
  readonly task: CatchUp;
  /** When it began to wait, then when it began to read. */
  since: number;
}

/** A span so many times as long is of a loop that is late: then they have a smaller part. */
const lateSpans = 1.5;
const lateDivisor = 5;
const ownersMax = 10_000;
const ofOwnerMax = 2;

const defaults = { atOnceMax: 4, everyMs: 25, workMs: 5, betweenMs: 1_000, takesMsMax: 60_000, waitsMsMax: 120_000 };

export class CatchUps {
  private readonly options: Required<CatchUpsOptions>;
  private readonly waiting = new Set<Entry>();
  /** In the order of their turns. */
  private readonly reading = new Set<Entry>();
  /** By owner: when one of it began last. */
  private readonly begunAt = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;

  constructor(options: CatchUpsOptions = {}) {
    this.options = { ...defaults, now: monotonicMs, ...options };
  }

  /** The answer ends it, wherever it is. */
  enter(owner: string, task: CatchUp): () => void {
    const entry = { owner, task, since: this.options.now() };
    this.waiting.add(entry);
    this.timer ??= this.start();
    return () => {
      this.waiting.delete(entry);
      this.reading.delete(entry);
    };
  }

  private start(): NodeJS.Timeout {
    const { now, everyMs } = this.options;
    let last = now();
    return setInterval(() => {
      const sinceLast = now() - last;
      last = now();
      this.turn(sinceLast > lateSpans * everyMs);
    }, everyMs).unref();
  }

  /** One span of time: called by a timer while there is anybody. @param isLate the loop has more to do than it can */
  turn(isLate = false): void {
    const { now, takesMsMax, waitsMsMax } = this.options;
    const workMs = isLate ? this.options.workMs / lateDivisor : this.options.workMs;
    this.endThoseOf(this.reading, takesMsMax, ({ since }) => since);
    this.endThoseOf(this.waiting, waitsMsMax, ({ since, owner }) => Math.max(since, this.begunLast(owner)));
    this.admit();
    const endsAt = now() + workMs;
    const isOver = () => now() >= endsAt;
    // Who had a turn stands behind the others for the next one.
    for (const entry of [...this.reading]) {
      if (isOver()) break;
      if (!this.reading.delete(entry)) continue;
      this.reading.add(entry);
      entry.task.work(isOver);
    }
    if (this.waiting.size + this.reading.size === 0) this.rest();
  }

  private admit(): void {
    const { now, atOnceMax } = this.options;
    while (this.reading.size < atOnceMax) {
      const entry = this.nextToBegin();
      if (entry === null) return;
      this.waiting.delete(entry);
      this.reading.add(entry);
      entry.since = now();
      this.begunAt.delete(entry.owner);
      this.begunAt.set(entry.owner, entry.since);
      if (this.begunAt.size > ownersMax) this.forgetOwners();
      entry.task.begin();
    }
  }

  /** Those that are held back no longer: whether they had a turn matters only while others wait. */
  private forgetOwners(): void {
    const { now, betweenMs } = this.options;
    for (const [owner, at] of this.begunAt) {
      if (now() - at < betweenMs) return;
      this.begunAt.delete(owner);
    }
  }

  /** Those of owners that have none first, then of the one that has gone without for longest. */
  private nextToBegin(): Entry | null {
    const { now, atOnceMax, betweenMs } = this.options;
    const reads = new Map<string, number>();
    for (const { owner } of this.reading) reads.set(owner, (reads.get(owner) ?? 0) + 1);
    // The last place is for an owner that has none.
    const max = this.reading.size < atOnceMax - 1 ? ofOwnerMax : 1;
    let found: { readonly entry: Entry; readonly has: number; readonly at: number } | null = null;
    for (const entry of this.waiting) {
      const [has, at] = [reads.get(entry.owner) ?? 0, this.begunLast(entry.owner)];
      if (has >= max || now() - at < betweenMs) continue;
      if (found === null || has < found.has || (has === found.has && at < found.at)) found = { entry, has, at };
    }
    return found?.entry ?? null;
  }

  private begunLast(owner: string): number {
    return this.begunAt.get(owner) ?? -Infinity;
  }

  private endThoseOf(entries: Set<Entry>, msMax: number, sinceOf: (entry: Entry) => number): void {
    for (const entry of [...entries]) {
      if (this.options.now() - sinceOf(entry) < msMax) continue;
      entries.delete(entry);
      entry.task.giveUp();
    }
  }

  private rest(): void {
    this.forgetOwners();
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }
}
