/** What the process is asked that writes retries, as dispatchers would, and watches them come back. */
import type { Latencies } from '../latencies.ts';

export interface Planting {
  readonly count: number;
  /** Their moments are spread evenly by chance over this time, in milliseconds from the question on. */
  readonly due: { readonly from: number; readonly to: number };
}

export interface Dripping {
  readonly perSecond: number;
  /** How long, in milliseconds. */
  readonly forMs: number;
  /** Delays by turns, in milliseconds. */
  readonly delaysMs: readonly number[];
}

export interface RetryReport extends Latencies {
  /** Put back before their moment. */
  readonly early: number;
  /** More than 250 ms after it. */
  readonly late: number;
  readonly duplicates: number;
  /** Planted and due by now, and not back. */
  readonly missing: number;
}

export interface RetryQuestions {
  connect: { ask: null; answer: null };
  /** Forgets what came before; answers when all are acknowledged. */
  plant: { ask: Planting; answer: null };
  drip: { ask: Dripping; answer: null };
  progress: { ask: null; answer: { readonly planted: number; readonly back: number } };
  report: { ask: null; answer: RetryReport };
}
