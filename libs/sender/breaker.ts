/**
 * In: how each attempt at a webhook ended. Out: whether another may be made now. Over opossum: when more than half of
 * the attempts of a window failed, the breaker opens; after a while one probe may go through.
 * Holds: a webhook without failures has no breaker and costs nothing; half open lets exactly one probe through at a
 * time; a probe that is never heard of again does not block its webhook for ever; a breaker that nobody probes is
 * dropped, and there are never more than a fixed number of them. Intervals are monotonic: setting the clock of the
 * machine opens and closes nothing.
 */
import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import type { BreakerState } from '../domain/health/breaker-state.ts';
import { monotonicMs } from '../runtime/monotonic.ts';

export interface BreakersOptions {
  /**
   * Attempts in the window, counted from the first failed one, from which on more failures than successes open the
   * breaker: an endpoint that only fails is left alone after so many.
   */
  readonly failuresToOpen: number;
  /** How long a breaker stays open before it lets a probe through, in milliseconds. */
  readonly openMs: number;
  /** The window, in milliseconds; longer than a few attempts that run into their deadline. Default: 120000 */
  readonly windowMs?: number;
  /** Breakers at most, some 6.5 kB each. Default: 10000 */
  readonly breakersMax?: number;
  readonly onChange: (webhookId: string, host: string, state: BreakerState) => void;
}

interface Entry {
  readonly breaker: CircuitBreaker<[boolean], void>;
  /** Monotonic, as all moments here; of the present opening. */
  openUntil: number;
  /** When the probe went out; null while none is under way. */
  probeAt: number | null;
}

const buckets = 6;
/** An attempt ends within 30 s; a probe that has not by then was dropped on its way. */
const probeMsMax = 60_000;
/** How soon to ask again while a probe is under way, or its turn is about to come. */
const askAgainMs = 250;
/** How far to look for one that is not open when the oldest has to go. */
const lookedAtMax = 16;

export class Breakers {
  readonly #options: BreakersOptions;
  readonly #windowMs: number;
  readonly #breakersMax: number;
  readonly #entries = new Map<string, Entry>();
  /** One clock for the windows of all breakers; opossum would start two timers for each. */
  readonly #rotation = new EventEmitter().setMaxListeners(0);
  #timer: NodeJS.Timeout | null = null;

  constructor(options: BreakersOptions) {
    this.#options = options;
    this.#windowMs = options.windowMs ?? 120_000;
    this.#breakersMax = options.breakersMax ?? 10_000;
  }

  /** Webhooks that have a breaker at all, for metrics. */
  get size(): number {
    return this.#entries.size;
  }

  stateOf(webhookId: string): BreakerState {
    const breaker = this.#entries.get(webhookId)?.breaker;
    if (breaker === undefined || breaker.closed) return 'closed';
    return breaker.opened ? 'open' : 'halfOpen';
  }

  /**
   * Null: go ahead, and in half open that is the probe; else when to ask again, on the caller's clock: `nowMs` plus what
   * is left on ours.
   */
  blockedUntil(webhookId: string, nowMs: number): number | null {
    const entry = this.#entries.get(webhookId);
    if (entry === undefined || entry.breaker.closed) return null;
    const now = monotonicMs();
    if (entry.breaker.opened) return nowMs + Math.max(entry.openUntil - now, 1);
    if (entry.probeAt !== null && now - entry.probeAt < probeMsMax) return nowMs + askAgainMs;
    entry.probeAt = now;
    return null;
  }

  /** Tells how an attempt ended. `host` is for whoever hears of changes. */
  record(webhookId: string, host: string, isOk: boolean): void {
    const entry = this.#entries.get(webhookId) ?? (isOk ? undefined : this.#make(webhookId, host));
    if (entry === undefined) return;
    entry.probeAt = null;
    if (isOk && entry.breaker.halfOpen) entry.breaker.close();
    // Rejects while it is open and for each failure, which is known here already.
    else entry.breaker.fire(isOk).catch(() => undefined);
  }

  /** An attempt ended without a word of its endpoint: if it was the probe, another may go. */
  pass(webhookId: string): void {
    const entry = this.#entries.get(webhookId);
    if (entry !== undefined) entry.probeAt = null;
  }

  /** The webhook is deleted, disabled or has another address: what was known of its endpoint no longer counts. */
  forget(webhookId: string): void {
    this.#entries.get(webhookId)?.breaker.shutdown();
    this.#entries.delete(webhookId);
    this.#stopWhenEmpty();
  }

  close(): void {
    for (const webhookId of [...this.#entries.keys()]) this.forget(webhookId);
  }

  #make(webhookId: string, host: string): Entry {
    if (this.#entries.size >= this.#breakersMax) this.#makeRoom();
    const { failuresToOpen, openMs, onChange } = this.#options;
    const breaker = new CircuitBreaker<[boolean], void>(report, {
      timeout: false,
      resetTimeout: openMs,
      volumeThreshold: failuresToOpen,
      errorThresholdPercentage: 50,
      rollingCountTimeout: this.#windowMs,
      rollingCountBuckets: buckets,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
      name: webhookId,
    });
    const entry: Entry = { breaker, openUntil: 0, probeAt: null };
    breaker.on('open', () => {
      entry.openUntil = monotonicMs() + openMs;
      onChange(webhookId, host, 'open');
    });
    breaker.on('halfOpen', () => {
      onChange(webhookId, host, 'halfOpen');
    });
    breaker.on('close', () => {
      onChange(webhookId, host, 'closed');
      // The failures before the opening are settled: with them in its window, one more would open it again.
      if (this.#entries.get(webhookId) === entry) this.forget(webhookId);
    });
    this.#entries.set(webhookId, entry);
    this.#timer ??= setInterval(this.#turn, this.#windowMs / buckets).unref();
    return entry;
  }

  /**
   * A bucket ends: breakers that are closed and saw no failure in their window are dropped. So are those that have been
   * half open for as long without a probe: nothing waits for their endpoints, and their failures are as old.
   */
  readonly #turn = (): void => {
    this.#rotation.emit('rotate');
    const now = monotonicMs();
    for (const [webhookId, { breaker, openUntil, probeAt }] of this.#entries) {
      if (breaker.closed && breaker.stats.failures === 0) this.forget(webhookId);
      else if (breaker.halfOpen && now - quietSince({ openUntil, probeAt }) >= this.#windowMs) breaker.close();
    }
  };

  /** Of the oldest ones, one that holds nothing back goes first. It costs its endpoint the attempts of a new opening. */
  #makeRoom(): void {
    let oldest: string | null = null;
    let looks = 0;
    for (const [webhookId, { breaker }] of this.#entries) {
      oldest ??= webhookId;
      if (!breaker.opened) {
        oldest = webhookId;
        break;
      }
      looks += 1;
      if (looks === lookedAtMax) break;
    }
    if (oldest !== null) this.forget(oldest);
  }

  #stopWhenEmpty(): void {
    if (this.#entries.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** Of a half-open breaker: since when no probe is under way. */
function quietSince({ openUntil, probeAt }: Pick<Entry, 'openUntil' | 'probeAt'>): number {
  return probeAt === null ? openUntil : probeAt + probeMsMax;
}

/** What opossum counts. It fails by throwing, so that a breaker opens before `record` returns. */
function report(isOk: boolean): Promise<void> {
  if (!isOk) throw new Error('the attempt failed');
  return Promise.resolve();
}
