/** A step of a sweep of housekeeping. */
import type { Run } from '../bulk.ts';
import type { TransactionLimits } from '../limits.ts';

/** By the database's clock. */
export interface Moments {
  readonly now: Date;
  /** Midnight, UTC. */
  readonly today: number;
  /**
   * History from before then is past retention: a day, Unix milliseconds.
   * @throws what kept its newest day from being known, and with it the sweeps that need it, but no other
   */
  readonly oldestKept: () => number;
  readonly retentionDays: number;
  /** Entries of the audit log from before then are past retention; null: none ever is. */
  readonly oldestAudit: Date | null;
}

export interface SweepStep {
  readonly rows: number;
  /** Where the next step begins, also of a process that comes later. */
  readonly progress: string;
  readonly isDone: boolean;
  readonly created?: string;
  readonly dropped?: string;
}

export interface Sweep {
  readonly limits: TransactionLimits;
  /** One transaction. Null when another process is at it. */
  readonly step: (run: Run, moments: Moments, progress: string) => Promise<SweepStep | null>;
}
