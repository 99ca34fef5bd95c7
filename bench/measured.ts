/** What a work tells: series of deliveries with their figures, and figures of its own. */
import type { Latencies } from './latencies.ts';
import type { ProcessUsage } from './usage.ts';

export interface Measured {
  /** Tells the series of one work apart. */
  readonly label: string;
  readonly deliveries: number;
  /** From the first produce call to the last POST. */
  readonly seconds: number;
  readonly perSecond: number;
  /** From the produce call to the POST, in milliseconds. */
  readonly latencyMs: Latencies;
  readonly duplicates: number;
  readonly losses: number;
  /** Brokers and database included, load left out; null where the system does not tell, or where it means nothing. */
  readonly cpuMsPerDelivery: number | null;
  /** From the first produce call until history and monitor had caught up. */
  readonly usage: readonly ProcessUsage[];
}

/** A figure of a work beside its series. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface WorkResult {
  readonly series: readonly Measured[];
  readonly figures: readonly Figure[];
  /** What a reader has to know of this run, in sentences. */
  readonly notes: readonly string[];
}
