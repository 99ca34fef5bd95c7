/** What the scheduler's queue holds, and what leaves it together. */
import type { PartitionLease } from '../../libs/kafka/record.ts';
import type { WaitingRetry } from './scheduler-options.ts';

export interface WaitingRecord {
  readonly kind: 'record';
  readonly lease: PartitionLease;
  readonly offset: number;
  /** Of its record, Unix milliseconds. */
  readonly writtenAt: number;
  readonly dueAt: number;
  /** `dueAt` is not what it says itself. */
  readonly isCorrected: boolean;
  /** Where its value is kept: a part of what was fetched would keep all of it in memory. */
  readonly handle: number;
  readonly bytes: number;
  readonly headers: WaitingRetry['headers'];
  /** Counts towards the bounds. */
  isHeld: boolean;
}

/** What is passed on together. */
export interface Departure {
  readonly from: WaitingRecord[];
  readonly retries: WaitingRetry[];
}

export interface Resumption {
  readonly kind: 'resumption';
  readonly lease: PartitionLease;
}
