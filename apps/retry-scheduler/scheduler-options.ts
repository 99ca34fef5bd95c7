/** What the scheduler is given, and what it hands on. */
import type { RetryTier, RetryTierName } from '../../libs/domain/delivery/retry.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import type { MemoryBudgetLimits } from './memory-budget.ts';

export interface SchedulerLimits extends MemoryBudgetLimits {
  /**
   * Offsets read behind one that waits, from which on it is in the way: commits of a partition speak of 24,000 offsets where many wait,
   * so reading stops when its lowest incomplete one lies further back, until it is nearer than half of that.
   */
  readonly offsetsBehindMax: number;
}

/** A delivery whose wait in one place is over. */
export interface WaitingRetry {
  /** Monotonic. */
  readonly dueAt: number;
  /** Unix milliseconds, to be written instead of what the value says; null: that is right. */
  readonly notBefore: number | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** Where it is passed on to: null: it is due, back to webhook.deliveries; else to wait in that tier. */
  readonly tier: RetryTierName | null;
}

export interface SchedulerOptions {
  readonly limits: SchedulerLimits;
  readonly tierOf: (topic: string) => RetryTier;
  /** Unix milliseconds before which it must not be attempted. @throws for a value that cannot be read */
  readonly notBeforeOf: (value: Buffer) => number;
  /**
   * Writes retries to where they go; resolves when all of them are acknowledged there. `written` is called for each by its
   * index as soon as it is: one whose partition has no leader holds up no other.
   */
  readonly passOn: (retries: readonly WaitingRetry[], written: (index: number) => void) => Promise<void>;
  /** Sets a record aside that cannot be read; resolves when that is acknowledged. */
  readonly setAside: (record: KafkaRecord, error: unknown) => Promise<void>;
  /** False while too much waits for Kafka's acknowledgement. */
  readonly mayWrite: () => boolean;
  /** A write failed for good: what it was for stays incomplete. */
  readonly onFailed: (error: unknown) => void;
  /** Monotonic. */
  readonly now: () => number;
  /** Unix milliseconds, to be compared with times in records. */
  readonly wallNow: () => number;
  /** Calls `run` once, not before `delayMs` have passed; the answer calls it off. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}
