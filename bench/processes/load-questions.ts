/** What the load generator is asked. */
import type { Range } from './receiver-questions.ts';

/** Whom an event is for: its client, and its type, which is also its key. */
export interface Target {
  readonly clientId: string;
  readonly type: string;
}

export interface Events {
  /** Their numbers. */
  readonly events: Range;
  /** The event with number n is for the target n modulo their count. */
  readonly targets: readonly Target[];
  /** Of one event as it is produced, CloudEvent around it included. */
  readonly bytes: number;
  /** What is in them differs as orders do, for what looks at their contents, such as compression. Default: all the same */
  readonly isVaried?: boolean;
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
  /** Each event in a call of its own, so many calls at a time. */
  loop: { ask: Events & { readonly calls: number }; answer: Produced };
  /** The same, so many a second. */
  pace: { ask: Events & { readonly perSecond: number }; answer: Produced };
  /** Through `POST /v1/events`, so many requests at a time with so many events each. */
  http: {
    ask: Events & {
      readonly url: string;
      readonly key: string;
      readonly requests: number;
      readonly perRequest: number;
    };
    answer: Produced;
  };
  /** Raw undici POSTs of a body of so many bytes, without any system in between; the answer is how many a second. */
  raw: {
    ask: { readonly url: string; readonly posts: number; readonly connections: number; readonly bytes: number };
    answer: number;
  };
}
