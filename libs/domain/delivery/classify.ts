/**
 * In: what an attempt met. Out: what that means for its delivery, by the outcome table in docs/architecture.md.
 * Holds: 2xx, and what the webhook takes for it, is delivered and nothing else; every error on the way may be tried again, except an
 * address that is refused for good.
 */
import { listOf, noAnswerCodes, type AnswerCodeList, type AnswerCodes } from './answer-codes.ts';
import type { AttemptAnswer, AttemptError, AttemptResult } from './attempt.ts';
import type { PermanentReason, RetryableReason } from './outcome-reason.ts';
import { isRefusal } from '../access/refusal.ts';
import { parseRetryAfter } from './retry-after.ts';
import { retryDelayMsMax } from './retry.ts';

export type Verdict =
  | {
      readonly status: 'delivered';
      readonly reason: null;
      readonly retryAfterMs: null;
      readonly disableWebhook: 'gone' | null;
      readonly message: string | null;
    }
  | {
      readonly status: 'failed_retryable';
      readonly reason: RetryableReason;
      /** Lower bound of the delay that the endpoint asked for, in milliseconds. */
      readonly retryAfterMs: number | null;
      readonly disableWebhook: null;
      readonly message: string | null;
    }
  | {
      readonly status: 'failed_permanent';
      readonly reason: PermanentReason;
      readonly retryAfterMs: null;
      readonly disableWebhook: 'gone' | null;
      /** For a person who reads the history; null where the code says all. */
      readonly message: string | null;
    };

/** Longest part of a Location that is repeated in a message. */
const locationCharsMax = 500;

export interface VerdictRules {
  /** The longest that Retry-After is followed, in milliseconds. */
  readonly retryAfterMsMax: number;
  /** What refuses as a whole is tried again (libs/domain/access/refusal.ts). */
  readonly isRefusalPassing: boolean;
  /** What the webhook says of its endpoint's answers. */
  readonly codes: AnswerCodes<string>;
}

const defaultRules: VerdictRules = {
  retryAfterMsMax: retryDelayMsMax,
  isRefusalPassing: false,
  codes: noAnswerCodes,
};

/** `now` in Unix milliseconds, for a Retry-After that is a date. */
export function classify(result: AttemptResult, now: number, rules: VerdictRules = defaultRules): Verdict {
  return result.kind === 'answer' ? classifyAnswer(result, now, rules) : classifyError(result);
}

function classifyAnswer(answer: AttemptAnswer, now: number, rules: VerdictRules): Verdict {
  const { code } = answer;
  const wish = deliveryWish(answer.headers);
  const said = listOf(code, rules.codes);
  if ((code >= 200 && code <= 299) || said === 'successCodes') {
    return delivered(wish === 'disable' ? 'gone' : null, said === null ? null : saidMessage(answer, said));
  }
  if (wish === 'disable') return ended('gone', 'the endpoint asked for no more deliveries', 'gone');
  if (wish === 'abort') return ended('aborted', 'the endpoint asked to give this delivery up');
  if (said === 'failOn') return ended('rejected', saidMessage(answer, said));
  if (said === 'retryOn') return retryable('http', retryAfterOf(answer, now, rules), saidMessage(answer, said));
  if (code === 410) return ended('gone', null, 'gone');
  if (code >= 300 && code <= 399) return retryable('http', null, redirectMessage(answer));
  if (code === 429 || code === 503) return retryable('http', retryAfterOf(answer, now, rules), null);
  if (code === 408 || code === 425 || code >= 500) return retryable('http', null, null);
  if (rules.isRefusalPassing && isRefusal(code)) return retryable('http', null, passingRefusal);
  return ended('rejected', null);
}

function retryAfterOf(answer: AttemptAnswer, now: number, { retryAfterMsMax }: VerdictRules): number | null {
  const wished = parseRetryAfter(answer.headers['retry-after'] ?? '', now);
  return wished === null ? null : Math.min(wished, retryAfterMsMax);
}

const saidWords: Readonly<Record<AnswerCodeList, string>> = {
  successCodes: 'is a success',
  retryOn: 'is tried again',
  failOn: 'is final',
};

function saidMessage(answer: AttemptAnswer, list: AnswerCodeList): string {
  const message = `${answer.code} ${saidWords[list]} by ${list} of the webhook`;
  const { code, headers } = answer;
  return code >= 300 && code <= 399 && headers['location'] !== undefined
    ? `${message}; ${redirectMessage(answer)}`
    : message;
}

const passingRefusal = 'the endpoint may refuse for a while only, so this is tried again before it is final';

function classifyError(error: AttemptError): Verdict {
  const { errorKind, message } = error;
  switch (errorKind) {
    case 'refused-address':
      return error.mayPass === true ? retryable('dns', null, message) : ended('refused_address', message);
    case 'timeout':
    case 'dns':
    case 'connect':
    case 'tls':
    case 'reset':
    case 'proxy':
      return retryable(errorKind, null, message);
  }
}

/** What the endpoint asks for in `webhook-delivery` (Standard Webhooks, proposal "Delivery control"). */
export function deliveryWish(headers: Readonly<Record<string, string>>): 'disable' | 'abort' | null {
  switch (headers['webhook-delivery']?.trim().toLowerCase()) {
    case 'disable':
      return 'disable';
    case 'abort':
    case 'abort-message':
      return 'abort';
    default:
      return null;
  }
}

function redirectMessage(answer: AttemptAnswer): string {
  const location = answer.headers['location'];
  if (location === undefined) return 'redirects are not followed';
  const shown = location.length > locationCharsMax ? `${location.slice(0, locationCharsMax)}…` : location;
  return `redirects are not followed: it pointed to ${shown}`;
}

function delivered(disableWebhook: 'gone' | null, message: string | null): Verdict {
  return { status: 'delivered', reason: null, retryAfterMs: null, disableWebhook, message };
}

function retryable(reason: RetryableReason, retryAfterMs: number | null, message: string | null): Verdict {
  return { status: 'failed_retryable', reason, retryAfterMs, disableWebhook: null, message };
}

function ended(reason: PermanentReason, message: string | null, disableWebhook: 'gone' | null = null): Verdict {
  return { status: 'failed_permanent', reason, retryAfterMs: null, disableWebhook, message };
}
