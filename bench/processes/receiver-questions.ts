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
  behave: { ask: { readonly webhooks: Range; readonly behaviour: Behaviour }; answer: null };
  /** How many of the expected deliveries have come, and requests of any kind. */
  progress: { ask: null; answer: { readonly arrived: number; readonly requests: number } };
  /** Of the events and webhooks in these ranges; `expected` deliveries should have come. */
  report: {
    ask: { readonly events: Range; readonly webhooks: Range; readonly expected: number };
    answer: ReceiverReport;
  };
  /** When each event was answered 200 by the wall clock in Unix milliseconds, by its number from the first; 0: not. */
  answeredAt: { ask: null; answer: Float64Array };
}
