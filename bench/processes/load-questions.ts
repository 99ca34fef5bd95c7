/** What the load generator is asked. */
import type { Range } from './receiver-questions.ts';

export interface Events {
  readonly clientId: string;
  /** Their numbers. */
  readonly events: Range;
  /** The event with number n has the type `<type><n modulo count>`, which is also its key; count 0: the type alone. */
  readonly type: string;
  readonly count: number;
  /** Of one event as it is produced, CloudEvent around it included. */
  readonly bytes: number;
}

export interface Produced {
  /** By the clock of `nowMs`: when the first call began, and when the last was acknowledged. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface LoadQuestions {
  connect: { ask: null; answer: null };
  /** To `platform.events`, as fast as Kafka acknowledges. */
  flood: { ask: Events; answer: Produced };
  /** The same, so many a second. */
  pace: { ask: Events & { readonly perSecond: number }; answer: Produced };
  /** Raw undici POSTs of a body of so many bytes, without any system in between; the answer is how many a second. */
  raw: {
    ask: { readonly url: string; readonly posts: number; readonly connections: number; readonly bytes: number };
    answer: number;
  };
}
