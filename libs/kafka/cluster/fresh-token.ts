/**
 * A token that is fetched before the one before it ends. Holds: one fetch at a time, whoever asks; a fetch that fails is
 * told to those who ask within a second, and is nobody's trouble while the token before it lasts.
 */
import { monotonicMs } from '../../runtime/monotonic.ts';

export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

interface Kept {
  readonly value: string;
  /** Monotonic milliseconds. */
  readonly renewAt: number;
  readonly until: number;
}

/** Brokers ask for a new token ten seconds before the end of a session, which ends with its token. */
const aheadMs = 30_000;
const usedShare = 0.8;
/** Of a token that lives shortly. */
const usedShareMin = 0.5;
/** Not to be handed out any more: it has to arrive, too. */
const reserveMs = 5_000;
const againMs = 1_000;

export class FreshToken {
  private readonly fetch: () => Promise<Token>;
  private readonly now: () => number;
  private kept: Kept | null = null;
  private fetching: Promise<Kept> | null = null;
  private failure: { readonly error: unknown; readonly until: number } | null = null;

  constructor(fetch: () => Promise<Token>, now: () => number = monotonicMs) {
    this.fetch = fetch;
    this.now = now;
  }

  /** @throws what the fetch says, when there is none that lasts */
  readonly get = async (): Promise<string> => {
    const now = this.now();
    const { kept } = this;
    if (kept !== null && now < kept.renewAt) return kept.value;
    try {
      return (await this.renewed(now)).value;
    } catch (error) {
      if (kept !== null && this.now() < kept.until) return kept.value;
      throw error;
    }
  };

  private async renewed(now: number): Promise<Kept> {
    if (this.failure !== null && now < this.failure.until) throw this.failure.error;
    this.fetching ??= this.renew().finally(() => {
      this.fetching = null;
    });
    return this.fetching;
  }

  private async renew(): Promise<Kept> {
    const begun = this.now();
    try {
      const { value, lifetimeMs } = await this.fetch();
      const usedMs = Math.max(lifetimeMs * usedShareMin, Math.min(lifetimeMs * usedShare, lifetimeMs - aheadMs));
      this.failure = null;
      this.kept = { value, renewAt: begun + usedMs, until: begun + lifetimeMs - reserveMs };
      return this.kept;
    } catch (error) {
      this.failure = { error, until: this.now() + againMs };
      throw error;
    }
  }
}
