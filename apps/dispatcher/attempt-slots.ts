/**
 * The attempts in flight of the whole process. Those that take long have a bound of their own, four times as large, so
 * that endpoints that hang use up their own places.
 * Holds: webhooks that are known to be slow leave a quarter of all places free, and their attempts hold a quarter of the
 * memory at most. A webhook is slow from its first long attempt to its next short one, also when nothing of it waits.
 */
import type { BufferBudget } from './buffer-budget.ts';
import type { Lane, Running } from './lane.ts';
import type { LaneItem } from './lane-item.ts';

export interface AttemptSlotsOptions {
  readonly maxInFlight: number;
  readonly slowAfterMs: number;
  readonly budget: Pick<BufferBudget, 'slowAttemptBytes'>;
}

const slowRememberedMax = 10_000;

export class AttemptSlots {
  private readonly options: AttemptSlotsOptions;
  /** In the order of their starts. */
  private readonly running = new Set<Running>();
  private slow = 0;
  private slowBytes = 0;
  /** Webhooks whose last attempt took long, the latest last. */
  private readonly slowOnes = new Set<string>();

  constructor(options: AttemptSlotsOptions) {
    this.options = options;
  }

  get inFlight(): number {
    return this.running.size;
  }

  get isFree(): boolean {
    const { maxInFlight } = this.options;
    return this.running.size - this.slow < maxInFlight && this.running.size < maxInFlight * 4;
  }

  /** The same for a webhook that is known to be slow. */
  get isFreeForSlow(): boolean {
    const { maxInFlight, budget } = this.options;
    return this.slow < maxInFlight * 3 && this.slowBytes < budget.slowAttemptBytes;
  }

  wasSlow(webhookId: string): boolean {
    return this.slowOnes.has(webhookId);
  }

  start(lane: Lane, item: LaneItem, now: number): Running {
    const attempt = { lane, item, startedAt: now, slow: false, isInSlowPlace: false };
    this.running.add(attempt);
    if (lane.isSlow) this.toSlowPlace(attempt);
    return attempt;
  }

  end(attempt: Running): void {
    this.running.delete(attempt);
    if (attempt.isInSlowPlace) {
      this.slow -= 1;
      this.slowBytes -= attempt.item.value.length;
    }
    if (attempt.slow) return;
    attempt.lane.isSlow = false;
    this.slowOnes.delete(attempt.lane.webhookId);
  }

  /** Call some times a second. */
  markSlow(now: number): void {
    for (const attempt of this.running) {
      if (now - attempt.startedAt < this.options.slowAfterMs) break;
      if (attempt.slow) continue;
      attempt.slow = true;
      attempt.lane.isSlow = true;
      this.remember(attempt.lane.webhookId);
      if (!attempt.isInSlowPlace) this.toSlowPlace(attempt);
    }
  }

  private toSlowPlace(attempt: Running): void {
    attempt.isInSlowPlace = true;
    this.slow += 1;
    this.slowBytes += attempt.item.value.length;
  }

  private remember(webhookId: string): void {
    this.slowOnes.delete(webhookId);
    this.slowOnes.add(webhookId);
    if (this.slowOnes.size <= slowRememberedMax) return;
    for (const oldest of this.slowOnes) {
      this.slowOnes.delete(oldest);
      return;
    }
  }
}
