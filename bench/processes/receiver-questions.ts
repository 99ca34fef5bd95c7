/** What the receiver is asked. Events are named by their numbers, webhooks by the number in their path. */
import type { Latencies } from '../latencies.ts';

/** How an endpoint behaves: answers 200 at once, answers 200 after 200 ms, never answers, answers 500. */
export type Behaviour = 'quick' | 'slow' | 'hanging' | 'failing';

/** From the first to before the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Expectation {
  /** Numbers of the events that are about to come. */
  readonly events: Range;
  /** Webhooks that each event goes to. */
  readonly perEvent: number;
  /** Webhooks, by their numbers, that are told of; null: all. The others are there to disturb these. */
  readonly told: readonly number[] | null;
}

export interface Progress {
  /** Deliveries that have come to the webhooks that are told of. */
  readonly arrived: number;
  /** Deliveries to the others that were answered 200. */
  readonly othersAccepted: number;
  /** When the last of those was, by the clock of `nowMs`. */
  readonly lastOtherAtMs: number;
  /** Requests of any kind. */
  readonly requests: number;
}

export interface ReceiverReport extends Latencies {
  /** Deliveries that came again after they had been answered 200. */
  readonly duplicates: number;
  /** Deliveries that came in none of their attempts. */
  readonly missing: number;
  /** By the clock of `nowMs`; 0 when nothing came. */
  readonly firstArrivalMs: number;
  readonly lastArrivalMs: number;
}

export interface ReceiverQuestions {
  listen: { ask: null; answer: number };
  /** Forgets what came before. */
  expect: { ask: Expectation; answer: null };
  behave: { ask: { readonly webhooks: readonly number[]; readonly behaviour: Behaviour }; answer: null };
  progress: { ask: null; answer: Progress };
  /** Of these events at the webhooks that are told of; `expected` deliveries should have come. */
  report: { ask: { readonly events: Range; readonly expected: number }; answer: ReceiverReport };
  /** When each event was answered 200 by the wall clock in Unix milliseconds, by its number from the first; 0: not. */
  answeredAt: { ask: null; answer: Float64Array };
}
