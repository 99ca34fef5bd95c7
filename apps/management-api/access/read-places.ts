/**
 * Places of those that read from the database, and of those that change it. In: whose request it is. Out: a place, at once or in
 * turn, or a refusal. Holds: no client has more than its share, whatever it asks for; the last places are for clients that have
 * none, and did not have places for long lately, so that those who read for long are in nobody's way, however many they are;
 * clients that wait take turns, those that read little first; what waits is bounded in number and in time.
 */
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { PlaceTime } from './place-time.ts';
import { ProblemError } from '../http/problem-error.ts';

export interface ReadPlacesOptions {
  readonly perClientMax: number;
  readonly max: number;
  /** Of these, those that only a client may take that has none and is not busy. Default: 0 */
  readonly firstOnly?: number;
  readonly waitingPerClientMax?: number;
  readonly waitingMax?: number;
  readonly waitMs?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

interface Waiter {
  readonly take: () => void;
}

const retryAfterS = 2;

export class ReadPlaces {
  private readonly options: Required<ReadPlacesOptions>;
  private readonly reading = new Map<string, number>();
  /** Clients in the order of their turns, each with those of its requests that wait. */
  private readonly waiting = new Map<string, Waiter[]>();
  private readonly time: PlaceTime;
  private readingNow = 0;
  private waitingNow = 0;

  constructor(options: ReadPlacesOptions) {
    this.options = {
      firstOnly: 0,
      waitingPerClientMax: 100,
      waitingMax: 500,
      waitMs: 5_000,
      now: monotonicMs,
      ...options,
    };
    this.time = new PlaceTime(this.options.now);
  }

  /** The answer gives the place back, once. @throws ProblemError too_many_at_once */
  async take(client: string, signal: AbortSignal): Promise<() => void> {
    if (this.isFreeFor(client)) return this.taken(client);
    const { waitingPerClientMax, waitingMax } = this.options;
    const ofClient = this.waiting.get(client)?.length ?? 0;
    if (ofClient >= waitingPerClientMax || this.waitingNow >= waitingMax) throw tooMany();
    return this.inTurn(client, signal);
  }

  private inTurn(client: string, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.forget(client, waiter);
        ended();
        reject(tooMany());
      };
      const timer = setTimeout(leave, this.options.waitMs);
      signal.addEventListener('abort', leave, { once: true });
      const ended = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
      };
      const waiter: Waiter = {
        take: () => {
          ended();
          resolve(this.taken(client));
        },
      };
      this.waiting.set(client, [...(this.waiting.get(client) ?? []), waiter]);
      this.waitingNow += 1;
    });
  }

  private isFreeFor(client: string): boolean {
    const { max, perClientMax, firstOnly } = this.options;
    const own = this.reading.get(client) ?? 0;
    const mayHaveLast = own === 0 && !this.time.isBusy(client);
    return own < perClientMax && this.readingNow < (mayHaveLast ? max : max - firstOnly);
  }

  private taken(client: string): () => void {
    this.readingNow += 1;
    this.reading.set(client, (this.reading.get(client) ?? 0) + 1);
    const since = this.options.now();
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.time.add(client, this.options.now() - since);
      this.readingNow -= 1;
      const left = (this.reading.get(client) ?? 1) - 1;
      if (left === 0) this.reading.delete(client);
      else this.reading.set(client, left);
      this.callAll();
    };
  }

  /** One that leaves may make room for two: it has none itself then, and may take what is kept for such. */
  private callAll(): void {
    while (this.callNext());
  }

  /** @returns false when nobody that waits may have a place */
  private callNext(): boolean {
    for (const [client, waiters] of this.inOrder()) {
      const [first] = waiters;
      if (first === undefined || !this.isFreeFor(client)) continue;
      this.forget(client, first);
      const others = this.waiting.get(client);
      // Its next turn comes after those of all others.
      if (others !== undefined) {
        this.waiting.delete(client);
        this.waiting.set(client, others);
      }
      first.take();
      return true;
    }
    return false;
  }

  private inOrder(): [string, Waiter[]][] {
    const all = [...this.waiting];
    const isBusy = new Map(all.map(([client]) => [client, this.time.isBusy(client)]));
    return [...all.filter(([client]) => isBusy.get(client) !== true), ...all.filter(([client]) => isBusy.get(client))];
  }

  private forget(client: string, waiter: Waiter): void {
    const left = (this.waiting.get(client) ?? []).filter((one) => one !== waiter);
    this.waitingNow -= 1;
    if (left.length === 0) this.waiting.delete(client);
    else this.waiting.set(client, left);
  }
}

function tooMany(): ProblemError {
  return new ProblemError('too_many_at_once', undefined, { retryAfterS });
}
