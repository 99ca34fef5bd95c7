/** What a caller has to know of an answer that is no success, and of an answer that did not come. */
import type { components } from './generated/api.d.ts';

export type ProblemDocument = components['schemas']['Problem'];

/** The API refused (RFC 9457). */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  /** Every field that is wrong. */
  readonly errors: NonNullable<ProblemDocument['errors']>;
  /** Null: the answer does not say when to try again. */
  readonly retryAfterS: number | null;
  readonly requestId: string | null;

  constructor(status: number, document: Partial<ProblemDocument>, retryAfterS: number | null) {
    super(document.detail ?? document.title ?? `answered ${status}`);
    this.status = status;
    this.code = document.code ?? `http_${status}`;
    this.errors = document.errors ?? [];
    this.requestId = document.requestId ?? null;
    this.retryAfterS = retryAfterS;
  }

  /** @param body as parsed; a proxy in between may have sent anything */
  static of(response: Response, body: unknown): ApiProblem {
    const document = typeof body === 'object' && body !== null ? (body as Partial<ProblemDocument>) : {};
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new ApiProblem(response.status, document, Number.isFinite(retryAfter) ? retryAfter : null);
  }

  get isRetryable(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** No answer of the API came. */
export class ApiUnreachable extends Error {
  readonly code = 'unreachable';

  constructor(url: string, cause: unknown) {
    super(`The API${url === '' ? '' : ` at ${url}`} does not answer: ${reasonOf(cause)}`, { cause });
  }
}

/** `fetch failed` says nothing; what is within does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it took too long';
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}
