/**
 * Whose request begins when the event loop is late. In: whose it is. Out: it begins, at once or in turn. Holds: while the loop is
 * in time nobody waits; while it is late, clients that ask no more than all do on average begin at once, and of the others ever
 * fewer until its rounds are short again, those that had the fewest turns first. So every step of every answer, which takes a
 * round of the loop, stays short, however much a few clients ask for.
 */
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { ProblemError } from '../http/problem-error.ts';

export interface RequestFairnessOptions {
  /** A round of the loop that takes longer is late. */
  readonly lateMs?: number;
  readonly waitMs?: number;
  readonly waitingPerOwnerMax?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** Calls back once everything that is ready has had its turn. */
  readonly nextRound?: (work: () => void) => void;
  readonly later?: (work: () => void, ms: number) => void;
}

interface Waiter {
  readonly since: number;
  readonly begin: () => void;
  readonly refuse: (problem: ProblemError) => void;
}

interface Asked {
  count: number;
  at: number;
}

const defaults = {
  lateMs: 20,
  waitMs: 10_000,
  waitingPerOwnerMax: 250,
  now: monotonicMs,
  nextRound: setImmediate,
  later: setTimeout,
};
/** What was asked so long ago counts for little more than a third. */
const windowMs = 10_000;
const ownersMax = 10_000;
/** Beginnings a second of those that wait: also where the loop is late for other reasons, and before nobody waits any more. */
const perSecondMin = 25;
const perSecondMax = 1_000;
const fewer = 0.5;
const more = 1.25;
/** While somebody waits, rounds are looked at so often: a loop that has nothing else to do must not turn for this. */
const lookEveryMs = 10;
const retryAfterS = 2;

export class RequestFairness {
  private readonly options: Required<RequestFairnessOptions>;
  /** By owner, those that asked last at the end. */
  private readonly asked = new Map<string, Asked>();
  private readonly total: Asked = { count: 0, at: 0 };
  private readonly waiting = new Map<string, Waiter[]>();
  private isWatching = false;
  private isLate = false;
  private perSecond = perSecondMax;
  private calledAt: number;

  constructor(options: RequestFairnessOptions = {}) {
    this.options = { ...defaults, ...options };
    this.calledAt = this.options.now();
  }

  /**
   * Null: it begins now.
   * @param owner a client: operators are not held up
   * @throws ProblemError too_many_at_once, also by its answer
   */
  enter(owner: string): Promise<void> | null {
    const now = this.options.now();
    this.watch();
    const isLight = this.count(owner, now);
    const own = this.waiting.get(owner) ?? [];
    // Nobody overtakes requests of its own.
    if (own.length === 0 && (isLight || (!this.isLate && this.waiting.size === 0))) return null;
    if (own.length >= this.options.waitingPerOwnerMax) throw tooMany();
    // What was not asked for before is not due now.
    if (this.waiting.size === 0) this.calledAt = now;
    return new Promise((begin, refuse) => {
      this.waiting.set(owner, [...own, { since: now, begin, refuse }]);
    });
  }

  /** Counts it. True: it has asked no more than all do on average. */
  private count(owner: string, now: number): boolean {
    const own = this.asked.get(owner) ?? { count: 0, at: now };
    add(own, 1, now);
    add(this.total, 1, now);
    this.asked.delete(owner);
    this.asked.set(owner, own);
    for (const [oldest, { at }] of this.asked) {
      if (this.asked.size <= ownersMax && now - at < 3 * windowMs) break;
      this.asked.delete(oldest);
    }
    return own.count <= this.total.count / this.asked.size + 1;
  }

  /** A round is looked at whenever somebody asks, and while somebody waits: an idle process is not woken. */
  private watch(): void {
    if (this.isWatching) return;
    this.isWatching = true;
    const { now, nextRound, later, lateMs } = this.options;
    nextRound(() => {
      const beganAt = now();
      nextRound(() => {
        this.isLate = now() - beganAt > lateMs;
        const next = this.perSecond * (this.isLate ? fewer : more);
        this.perSecond = Math.min(Math.max(next, perSecondMin), perSecondMax);
        this.isWatching = false;
        this.callNext();
        if (this.waiting.size === 0) return;
        later(() => {
          this.watch();
        }, lookEveryMs);
      });
    });
  }

  private callNext(): void {
    const { now, waitMs } = this.options;
    this.refuseBefore(now() - waitMs);
    const sinceMs = Math.min(now() - this.calledAt, 1_000);
    const due = Math.floor((sinceMs * this.perSecond) / 1_000);
    if (due > 0) this.calledAt = now();
    for (let begun = 0; begun < due; begun += 1) {
      const owner = this.nextOwner();
      if (owner === null) return;
      const [first, ...others] = this.waiting.get(owner) ?? [];
      this.keep(owner, others);
      first?.begin();
    }
  }

  /** Of those that wait, whoever had the fewest turns lately. */
  private nextOwner(): string | null {
    let found: { owner: string; count: number } | null = null;
    for (const [owner, waiters] of this.waiting) {
      const begun = (this.asked.get(owner)?.count ?? 0) - waiters.length;
      if (found === null || begun < found.count) found = { owner, count: begun };
    }
    return found?.owner ?? null;
  }

  private refuseBefore(time: number): void {
    for (const [owner, waiters] of [...this.waiting]) {
      const left = waiters.filter(({ since }) => since > time);
      if (left.length === waiters.length) continue;
      for (const { since, refuse } of waiters) if (since <= time) refuse(tooMany());
      this.keep(owner, left);
    }
  }

  private keep(owner: string, waiters: Waiter[]): void {
    if (waiters.length === 0) this.waiting.delete(owner);
    else this.waiting.set(owner, waiters);
  }
}

function add(asked: Asked, count: number, now: number): void {
  asked.count = asked.count * Math.exp((asked.at - now) / windowMs) + count;
  asked.at = now;
}

function tooMany(): ProblemError {
  return new ProblemError('too_many_at_once', undefined, { retryAfterS });
}
