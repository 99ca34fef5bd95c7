/**
 * In: one request to make. Out: what it met, as a value; it never rejects.
 * Holds: one deadline covers waiting for a connection, resolving, connecting, the handshake, sending and reading to
 * the end; nothing is sent when it is over; a request that may have reached the endpoint whole is not sent again; no
 * redirect is followed; the status of an answer counts, whatever becomes of its body; at most 16 KiB of a body are read
 * and 4 KiB kept, and a connection with an unfinished answer is never used again; certificates are verified, and again
 * when what was verified is too old.
 */
import type { Dispatcher } from 'undici';
import { isSuccessCode, noAnswerCodes, type AnswerCodes } from '../domain/delivery/answer-codes.ts';
import type { AttemptAnswer, AttemptResult } from '../domain/delivery/attempt.ts';
import { responseSampleBytesMax } from '../domain/delivery/outcome.ts';
import type { AddressGuard } from './address-guard.ts';
import {
  attemptFailure,
  deadlineFailure,
  describeFlaw,
  isNotTaken,
  isUnreadable,
  type AttemptFailure,
} from './attempt-error.ts';
import type { ConnectionPool, Waiter } from './connection-pool.ts';
import type { Connection } from './connection.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { statusOf } from './interim-answers.ts';
import { Origins, type TlsMaterial } from './origins.ts';
import { isCredentialHeader, maskedValue } from '../domain/payload/request-headers.ts';
import { monotonicMs } from '../runtime/monotonic.ts';

export interface AttemptRequest {
  /** Default: POST */
  readonly method?: 'POST' | 'OPTIONS';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body: Buffer;
  /** For the whole attempt. */
  readonly timeoutMs: number;
  readonly tls: TlsMaterial | null;
  /** What its webhook takes for a success beside 2xx. Default: nothing */
  readonly codes?: AnswerCodes<string>;
}

export interface HttpSenderOptions {
  /** Connections to one origin at the same time; an attempt beyond waits within its deadline. Default: 512 */
  readonly connectionsPerOriginMax?: number;
  /** Origins to which connections are kept; beyond, the one used longest ago is let go. Default: 2000 */
  readonly originsMax?: number;
  /** How long a connection is kept without use; an endpoint may ask for less. Default: 30000 */
  readonly keepAliveMs?: number;
  /** How old a connection may be that is used again. Default: 60000 */
  readonly connectionAgeMsMax?: number;
  /** Between here and the endpoints. Default: none */
  readonly proxy?: EgressProxy | null;
}

const bodyBytesMax = 16_384;
const headerBytesMax = 16_384;
const noBytes = Buffer.alloc(0);

export class HttpSender {
  readonly #origins: Origins;
  readonly #inFlight = new Set<Attempt>();
  #isClosed = false;

  constructor(guard: AddressGuard, options: HttpSenderOptions = {}) {
    this.#origins = new Origins(guard, {
      connectionsPerOriginMax: options.connectionsPerOriginMax ?? 512,
      originsMax: options.originsMax ?? 2000,
      keepAliveMs: options.keepAliveMs ?? 30_000,
      connectionAgeMsMax: options.connectionAgeMsMax ?? 60_000,
      proxy: options.proxy ?? null,
    });
  }

  /** Connections that are open or being opened, for metrics. */
  get connections(): number {
    return this.#origins.connections;
  }

  /** POSTs the body, or asks what the request says, and tells what came of it. */
  send(request: AttemptRequest): Promise<AttemptResult> {
    if (this.#isClosed) return Promise.resolve(failed('connect', 'the sender is closed'));
    const target = this.#origins.target(request.url);
    if (target.refusal !== null) return Promise.resolve(failed('refused-address', target.refusal.message));
    const pool = this.#origins.pool(target.origin, request.tls);
    return new Promise((resolve) => {
      const attempt = new Attempt(pool, target.path, request, (result) => {
        this.#inFlight.delete(attempt);
        resolve(result);
      });
      this.#inFlight.add(attempt);
      pool.take(attempt);
    });
  }

  /** Ends every connection; attempts in flight end as errors. Drain before closing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const attempt of [...this.#inFlight]) attempt.cancel('the sender was closed');
    await this.#origins.close();
  }
}

function failed(errorKind: AttemptFailure['errorKind'], message: string): AttemptResult {
  return { kind: 'error', errorKind, message, latencyMs: 0 };
}

/** One request under way: waits for its connection, then hears from undici what happens on it. */
class Attempt implements Waiter, Dispatcher.DispatchHandler {
  readonly #pool: ConnectionPool;
  readonly #path: string;
  readonly #request: AttemptRequest;
  readonly #settle: (result: AttemptResult) => void;
  readonly #startedAt = monotonicMs();
  readonly #timer: NodeJS.Timeout;
  #connection: Connection | null = null;
  #code = 0;
  #headers: Record<string, string> = {};
  #sample: Buffer = noBytes;
  #bodyBytes = 0;
  #hasAnswerBegun = false;
  #wasReplaced = false;
  isDone = false;

  constructor(pool: ConnectionPool, path: string, request: AttemptRequest, settle: (result: AttemptResult) => void) {
    this.#pool = pool;
    this.#path = path;
    this.#request = request;
    this.#settle = settle;
    this.#timer = setTimeout(expire, request.timeoutMs, this);
  }

  useConnection(connection: Connection): void {
    this.#connection = connection;
    const { method = 'POST', headers, body } = this.#request;
    connection.dispatch({ path: this.#path, method, headers, body }, this);
  }

  expire(): void {
    this.#fail(deadlineFailure(this.#request.timeoutMs, this.#doing()));
  }

  cancel(message: string): void {
    this.#fail({ errorKind: 'reset', message });
  }

  /**
   * The connection is there, nothing is written yet. A process that was frozen meanwhile finds that before it finds its deadline:
   * what is sent then would come to the endpoint and count as never answered.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (monotonicMs() - this.#startedAt >= this.#request.timeoutMs) this.expire();
    if (this.isDone) controller.abort(new Error('the attempt was over before its request was sent'));
  }

  onResponseStarted(): void {
    this.#hasAnswerBegun = true;
  }

  onResponseStart(_controller: unknown, code: number, headers: Record<string, string | string[] | undefined>): void {
    // Interim answers come before the answer (RFC 9110, section 15.2).
    if (code < 200) return;
    this.#code = code;
    this.#headers = shownHeaders(headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.isDone) return;
    const missing = responseSampleBytesMax - this.#sample.length;
    if (missing > 0) {
      // The chunk is a view of the socket's buffer, which is much larger than what is kept.
      const part = Buffer.from(chunk.subarray(0, missing));
      this.#sample = this.#sample.length === 0 ? part : Buffer.concat([this.#sample, part]);
    }
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > bodyBytesMax) this.#answer(false);
  }

  onResponseEnd(): void {
    if (!this.isDone) this.#answer(true);
  }

  onResponseError(_controller: unknown, error: Error): void {
    const connection = this.#connection;
    if (this.isDone || connection === null) return;
    if (this.#code === 0 && isUnreadable(error)) this.#readStatus(connection);
    if (this.#code === 0 && connection.isReused && isNotTaken(error) && !this.#wasReplaced) {
      // The endpoint closed the connection just before it was used again, and the system did not take the request or
      // its rest any more: nobody can have read it whole. A failed attempt would put it behind its successors.
      this.#wasReplaced = true;
      this.#pool.replace(connection, this);
      return;
    }
    const { phase, mayWantCertificate } = connection;
    this.#fail(attemptFailure(error, { phase, hasAnswerBegun: this.#hasAnswerBegun, mayWantCertificate }), error);
  }

  /** Servers that err in how they frame an answer have taken the request all the same, if they say so. */
  #readStatus({ answerStart }: Connection): void {
    const code = answerStart === null ? null : statusOf(answerStart);
    if (code !== null && isSuccessCode(code, this.#request.codes ?? noAnswerCodes)) this.#code = code;
  }

  #doing(): Parameters<typeof deadlineFailure>[1] {
    if (this.#connection === null) return 'queued';
    return this.#hasAnswerBegun ? 'answering' : this.#connection.phase;
  }

  #answer(isWhole: boolean, flaw: string | null = null): void {
    this.#end(isWhole);
    const answer: AttemptAnswer = {
      kind: 'answer',
      code: this.#code,
      headers: this.#headers,
      bodySample: this.#sample,
      bodyTruncated: flaw !== null || this.#bodyBytes > responseSampleBytesMax,
      latencyMs: this.#elapsedMs(),
    };
    this.#tell(flaw === null ? answer : { ...answer, flaw });
  }

  /** @param error null: the deadline, or whoever closed the sender */
  #fail(failure: AttemptFailure, error: Error | null = null): void {
    if (this.isDone) return;
    if (this.#code !== 0) {
      this.#answer(false, describeFlaw(failure, error));
      return;
    }
    this.#end(false);
    this.#tell({ kind: 'error', ...failure, latencyMs: this.#elapsedMs() });
  }

  #tell(result: AttemptResult): void {
    this.#settle(this.#wasReplaced ? { ...result, wasSentAgain: true } : result);
  }

  #end(isConnectionClean: boolean): void {
    this.isDone = true;
    clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = null;
    if (connection === null) return;
    if (isConnectionClean) {
      connection.answered();
      this.#pool.release(connection);
    } else {
      this.#pool.discard(connection);
    }
  }

  #elapsedMs(): number {
    return Math.round(monotonicMs() - this.#startedAt);
  }
}

function expire(attempt: Attempt): void {
  attempt.expire();
}

/** Lower-case names as undici gives them, credentials masked; what is beyond 16 KiB in all is cut. */
function shownHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const shown: Record<string, string> = {};
  let left = headerBytesMax;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    const text = isCredentialHeader(name) ? maskedValue : typeof value === 'string' ? value : value.join(', ');
    left -= name.length;
    if (left <= 0) break;
    shown[name] = text.length > left ? text.slice(0, left) : text;
    left -= text.length;
  }
  return shown;
}
