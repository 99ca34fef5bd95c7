/**
 * One answer for all who ask within a while, however many they are: for what costs a statement and is asked by strangers.
 * Holds: the question is asked once at a time, and again only when the last answer is too old. A failure is an answer too,
 * kept for a shorter time.
 */
import { monotonicMs } from './monotonic.ts';

const failureKeptMsMax = 5_000;

export class KeptAnswer<T> {
  private readonly ask: () => Promise<T>;
  private readonly keptMs: number;
  private readonly now: () => number;
  private answer: Promise<T> | null = null;
  /** Until when it is good; null while it is asked. */
  private goodUntil: number | null = null;

  /** @param keptMs counts from when the answer came */
  constructor(ask: () => Promise<T>, keptMs: number, now: () => number = monotonicMs) {
    this.ask = ask;
    this.keptMs = keptMs;
    this.now = now;
  }

  get(): Promise<T> {
    if (this.answer !== null && (this.goodUntil === null || this.now() < this.goodUntil)) return this.answer;
    this.goodUntil = null;
    const answer = this.ask();
    answer.then(
      () => (this.goodUntil = this.now() + this.keptMs),
      () => (this.goodUntil = this.now() + Math.min(this.keptMs, failureKeptMsMax)),
    );
    this.answer = answer;
    return answer;
  }
}
