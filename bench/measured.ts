/** What a scenario tells: series of deliveries with their figures, and figures of its own. */
import type { Latencies } from './latencies.ts';
import type { Range } from './processes/receiver-questions.ts';
import type { ProcessUsage } from './usage.ts';

export interface Measured {
  /** Tells the series of one scenario apart. */
  readonly label: string;
  /** Numbers of its events. */
  readonly events: Range;
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
  /** The most memory of the apps together at one time; what they share counts once. */
  readonly appsPeakBytes: number;
}

/** A figure of a scenario beside its series, with what is aimed at, where something is. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly kind: 'atLeast' | 'atMost'; readonly value: number };
}

export interface ScenarioResult {
  readonly series: readonly Measured[];
  readonly figures: readonly Figure[];
  /** What a reader has to know of this run, in sentences. */
  readonly notes: readonly string[];
}

export function atLeast(target: number, name: string, value: number, unit: string): Figure {
  return { name, value, unit, target: { kind: 'atLeast', value: target } };
}

export function atMost(target: number, name: string, value: number, unit: string): Figure {
  return { name, value, unit, target: { kind: 'atMost', value: target } };
}

export function isMet({ value, target }: Figure): boolean {
  if (target === undefined) return true;
  return target.kind === 'atLeast' ? value >= target.value : value <= target.value;
}

/** Memory of the six apps together at its peak, and what one gets who adds their resident sets up, each at its own peak. */
export function memoryFigures({ appsPeakBytes, usage }: Measured): readonly Figure[] {
  const bytes = usage.reduce((sum, { kind, peakBytes }) => sum + (kind === 'app' ? peakBytes : 0), 0);
  return [
    atMost(1_000, 'peak memory of the six apps together', appsPeakBytes / 1_000_000, 'MB'),
    { name: 'peaks of their resident sets added up', value: bytes / 1_000_000, unit: 'MB' },
  ];
}
