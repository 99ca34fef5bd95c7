/**
 * What keys that nobody knows may cost. In: the hash of a key that is not in memory, and the address it comes from. Out: it
 * may be looked up, or a refusal. Holds: a key that was not there is not looked up again for a while; different ones are
 * limited by address; few lookups are under way at once; keys that were good a moment ago pass by all of it, and are still
 * looked up each time, so that a revoked one is refused at once. Memory is bounded.
 */
import { RequestRate } from '../../../libs/domain/access/request-rate.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { networkOf } from '../http/client-network.ts';
import { ProblemError } from '../http/problem-error.ts';

export interface UnknownKeysOptions {
  /** Per second and address; 0: no limit. */
  readonly perSecond: number;
  readonly burst: number;
  readonly onLimited?: () => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** Keys are random: one that is not there will not be there a moment later. */
const absentMs = 30_000;
const keysMax = 10_000;
/** Of the database's connections, what strangers may have at once; and how many may wait for that. */
const lookupsMax = 2;
const waitingMax = 500;

export class UnknownKeys {
  private readonly rate: RequestRate;
  private readonly onLimited: () => void;
  private readonly now: () => number;
  /** By hash: until when it is taken for absent. */
  private readonly absent = new Map<string, number>();
  /** Hashes that were found, those found last at the end. */
  private readonly good = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;

  constructor({ perSecond, burst, onLimited, now }: UnknownKeysOptions) {
    this.rate = new RequestRate({ perSecond, burst });
    this.onLimited = onLimited ?? (() => undefined);
    this.now = now ?? monotonicMs;
  }

  /**
   * What `find` finds, or null without asking it.
   * @param address null: asked for by this process itself
   * @throws ProblemError rate_limited
   */
  async look<T>(hash: string, address: string | null, find: () => Promise<T | null>): Promise<T | null> {
    const now = this.now();
    if ((this.absent.get(hash) ?? -Infinity) > now) return null;
    const found =
      this.good.has(hash) || address === null ? await find() : await this.lookAsStranger(networkOf(address), find);
    if (found === null) this.remember(hash);
    else this.welcome(hash);
    return found;
  }

  private async lookAsStranger<T>(network: string, find: () => Promise<T | null>): Promise<T | null> {
    const waitMs = this.rate.take(network, this.now());
    if (waitMs !== null) throw this.limited(waitMs);
    let isAbsent = false;
    try {
      await this.turn();
      const found = await find().finally(() => {
        this.endTurn();
      });
      isAbsent = found === null;
      return found;
    } finally {
      if (!isAbsent) this.rate.giveBack(network);
    }
  }

  private async turn(): Promise<void> {
    if (this.underWay < lookupsMax) {
      this.underWay += 1;
      return;
    }
    if (this.waiting.length >= waitingMax) throw this.limited(1_000);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The next one has its place at once: nobody slips in between. */
  private endTurn(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.underWay -= 1;
    else next();
  }

  private limited(waitMs: number): ProblemError {
    this.onLimited();
    const retryAfterS = Math.max(1, Math.ceil(waitMs / 1_000));
    return new ProblemError('rate_limited', 'Too many unknown keys came from this address.', { retryAfterS });
  }

  private remember(hash: string): void {
    this.good.delete(hash);
    this.absent.delete(hash);
    const [oldest] = this.absent.keys();
    if (this.absent.size >= keysMax && oldest !== undefined) this.absent.delete(oldest);
    this.absent.set(hash, this.now() + absentMs);
  }

  private welcome(hash: string): void {
    this.good.delete(hash);
    const [oldest] = this.good;
    if (this.good.size >= keysMax && oldest !== undefined) this.good.delete(oldest);
    this.good.add(hash);
  }
}
