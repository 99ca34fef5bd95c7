/**
 * What operators changed of the settings, as a process knows it. Holds: a change that any process made counts half a second later, and
 * however many ask, the database is asked twice a second, by none of their shares; what is not known is an error, never the environment's
 * value.
 */
import { withoutBounds } from '../bounded-reads.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';
import type { KeptSettings, SettingsStore } from './settings-store.ts';

/** A change is promised to count everywhere within a second. */
const ageMsMax = 500;

interface Answered {
  readonly kept: KeptSettings;
  readonly askedAt: number;
}

export class SettingsInForce {
  private readonly store: Pick<SettingsStore, 'read'>;
  private readonly now: () => number;
  private kept: KeptSettings | null = null;
  private askedAt = 0;
  private asking: Promise<Answered> | null = null;

  /** @param now in milliseconds, monotonic */
  constructor(store: Pick<SettingsStore, 'read'>, now: () => number = monotonicMs) {
    this.store = store;
    this.now = now;
  }

  /** @throws the driver's error */
  async get(): Promise<KeptSettings> {
    if (this.kept !== null && this.now() - this.askedAt < ageMsMax) return this.kept;
    const asking = (this.asking ??= this.ask());
    try {
      const { kept, askedAt } = await asking;
      // Null, or another: it learnt of something since.
      if (this.asking !== asking) return this.kept ?? kept;
      this.kept = kept;
      this.askedAt = askedAt;
      return kept;
    } finally {
      if (this.asking === asking) this.asking = null;
    }
  }

  /** A change that this process made, once it is committed. */
  learn(kept: KeptSettings): void {
    this.kept = kept;
    this.askedAt = this.now();
    // What is being asked for may be from before it.
    this.asking = null;
  }

  private async ask(): Promise<Answered> {
    const askedAt = this.now();
    const kept = await withoutBounds(() => this.store.read());
    return { kept, askedAt };
  }
}
