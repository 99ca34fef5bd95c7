/** What one attempt met: an answer of the endpoint, or an error on the way to it. */
import type { AttemptErrorKind } from './outcome-reason.ts';

/** The endpoint answered, whatever it said. */
export interface AttemptAnswer {
  readonly kind: 'answer';
  /** HTTP status code, 200 or higher. */
  readonly code: number;
  /** Lower-case names, repeated ones joined with a comma, credentials masked; at most 16 KiB. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first 4 KiB of the body at most, as they came. */
  readonly bodySample: Buffer;
  /** True when the body was longer than the sample. */
  readonly bodyTruncated: boolean;
  /** From the start of the attempt to the end of the answer, in whole milliseconds. */
  readonly latencyMs: number;
  /** What was wrong with it after its status, in words: its body did not end, or HTTP was not kept to. */
  readonly flaw?: string;
  /** A kept connection did not take the request any more, so it went out on another. */
  readonly wasSentAgain?: true;
}

/** No answer came, or not all of it in time. */
export interface AttemptError {
  readonly kind: 'error';
  readonly errorKind: AttemptErrorKind;
  readonly message: string;
  /** Of a refused address: it was a name's, and name servers give such answers for a while. */
  readonly mayPass?: true;
  /** From the start of the attempt to the error, in whole milliseconds. */
  readonly latencyMs: number;
  /** As of an answer. */
  readonly wasSentAgain?: true;
}

export type AttemptResult = AttemptAnswer | AttemptError;
