/** What those who call the API in `neighbours` are asked: readers that are measured, and hostile clients beside them. */

export interface Reader {
  readonly key: string;
  /** Asked in turn. */
  readonly paths: readonly string[];
}

export interface ReaderQuestions {
  /** Each reader asks so often a second, one thing at a time, now the first process of the API and now the other. */
  read: {
    ask: {
      readonly urls: readonly string[];
      readonly readers: readonly Reader[];
      readonly perSecond: number;
      readonly ms: number;
    };
    answer: ReadReport;
  };
}

export interface ReadReport {
  readonly latenciesMs: readonly number[];
  /** The same, by path with the ids of webhooks left out. */
  readonly byPath: Readonly<Record<string, readonly number[]>>;
  /** Answered with anything but 200, as `path: status`; some of them. */
  readonly refused: readonly string[];
}

export interface HostileClient {
  readonly key: string;
  readonly webhookId: string;
}

export interface HostileQuestions {
  begin: { ask: { readonly urls: readonly string[]; readonly clients: readonly HostileClient[] }; answer: null };
  /** Answers by what was asked and with which status, since it began. */
  end: { ask: null; answer: Readonly<Record<string, number>> };
}

/** What hostile clients cost by themselves, without what they ask for. */
export interface BusyQuestions {
  /** @param share of one processor, from 0 to 1 */
  begin: { ask: { readonly share: number }; answer: null };
  end: { ask: null; answer: null };
}
