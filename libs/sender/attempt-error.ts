/** What went wrong on the way to an answer: the kind that decides what follows, and a sentence for a person. */
import type { AttemptErrorKind } from '../domain/delivery/outcome-reason.ts';
import { NameError, RefusedAddressError } from './address-guard.ts';
import { AddressRules } from './address-rules.ts';
import { ProxyError, UnreachedError } from './egress-proxy.ts';
import { describeTlsFailure, isTlsError } from './tls-failure.ts';

const publicAddresses = new AddressRules([], []);

/** How far a connection is: what it does next is what a failure says could not be done. */
export type ConnectionPhase = 'resolving' | 'proxy' | 'tunnel' | 'connecting' | 'handshake' | 'open';

export interface AttemptFailure {
  readonly errorKind: AttemptErrorKind;
  readonly message: string;
  /** Of a refused address: the name servers' answer may be a passing one. */
  readonly mayPass?: true;
}

/** TLS material of a webhook that cannot be used: no PEM, or a key of another certificate. */
export class TlsMaterialError extends Error {
  readonly code = 'tls_material';
  readonly retryable = false;
}

/** How far an attempt was when it failed. */
export interface Progress {
  readonly phase: ConnectionPhase;
  /** Whether a first byte of the answer came. */
  readonly hasAnswerBegun: boolean;
  /** As of an endpoint that wants a client certificate: the connection was over as soon as it was there. */
  readonly mayWantCertificate: boolean;
}

export function attemptFailure(error: Error, { phase, hasAnswerBegun, mayWantCertificate }: Progress): AttemptFailure {
  if (error instanceof RefusedAddressError) {
    const failure = { errorKind: 'refused-address', message: error.message } as const;
    return error.retryable ? { ...failure, mayPass: true } : failure;
  }
  if (error instanceof NameError) return { errorKind: 'dns', message: error.message };
  if (error instanceof TlsMaterialError) return { errorKind: 'tls', message: `no TLS connection: ${error.message}` };
  if (error instanceof ProxyError) return { errorKind: 'proxy', message: `${noWayOut}: ${error.message}` };
  if (error instanceof UnreachedError) return { errorKind: 'connect', message: `no connection: ${error.message}` };
  if (phase === 'handshake' || isTlsError(error)) {
    return { errorKind: 'tls', message: `no TLS connection: ${describeTlsFailure(error)}` };
  }
  if (phase !== 'open') return { errorKind: 'connect', message: `no connection: ${describe(error)}` };
  if (mayWantCertificate && !hasAnswerBegun && isClosedConnection(error)) {
    return { errorKind: 'tls', message: closedAfterHandshake };
  }
  return { errorKind: 'reset', message: describeReset(error, hasAnswerBegun) };
}

const noWayOut = 'the proxy through which this system calls endpoints is in trouble';

const closedAfterHandshake =
  'the endpoint closed the connection right after the TLS handshake, without an answer: it may want a client certificate';

/** What was wrong with an answer whose status was read. @param error null: the deadline, or whoever closed the sender */
export function describeFlaw({ errorKind, message }: AttemptFailure, error: Error | null): string {
  if (errorKind === 'timeout') return 'the status of the answer came, the end of its body did not';
  if (error === null) return message;
  if (isUnreadable(error)) return `the status of the answer counts, the rest of it breaks HTTP: ${message}`;
  return `the status of the answer came, but not all of its body: ${message}`;
}

/** True when the answer, as far as it came, is none that HTTP/1.1 knows, or is larger than is read. */
export function isUnreadable(error: Error): boolean {
  return error.name === 'HTTPParserError' || unreadableCodes.includes(codeOf(error));
}

const unreadableCodes = ['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'];

/** What the deadline cut short. */
export function deadlineFailure(timeoutMs: number, doing: ConnectionPhase | 'queued' | 'answering'): AttemptFailure {
  const message = `no answer within ${timeoutMs} ms: ${unfinished[doing]}`;
  return { errorKind: doing === 'proxy' ? 'proxy' : 'timeout', message };
}

const unfinished: Record<ConnectionPhase | 'queued' | 'answering', string> = {
  queued: 'every connection to this origin was in use',
  resolving: 'the name was not resolved',
  proxy: 'the proxy through which this system calls endpoints did not answer',
  tunnel: 'the proxy through which this system calls endpoints made no connection',
  connecting: 'no connection was made',
  handshake: 'the TLS handshake did not end',
  open: 'the request was sent, nothing came back',
  answering: 'the answer began and did not end',
};

/**
 * True when the system refused to take the request, or the rest of it, for sending: the other end had reset the
 * connection before. All else that ends a connection without an answer may come after the endpoint has the request: a
 * close that was under way cannot be told from one that followed the request.
 */
export function isNotTaken(error: Error): boolean {
  return 'syscall' in error && error.syscall === 'write' && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function isClosedConnection(error: Error): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

const wrongLength = 'the answer is not as long as its content-length, or has two of them, or is chunked as well';

function describeReset(error: Error, hasAnswerBegun: boolean): string {
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'the headers of the answer are over 64 KiB';
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return wrongLength;
  if (code === 'ERR_ASSERTION') return 'the answer is not HTTP/1.1: its status is below 100';
  if (error.message === 'bad upgrade') return 'the answer is 101 Switching Protocols, which was not requested';
  if (error.name === 'HTTPParserError') return `the answer is not HTTP/1.1: ${describe(error)}`;
  if (!isClosedConnection(error)) return describe(error);
  return hasAnswerBegun
    ? 'the connection was closed in the middle of the answer'
    : 'the connection was closed before an answer came';
}

/** As many as there are addresses that are tried. */
const messagesMax = 6;

function describe(error: Error): string {
  // Several addresses were tried, each with its own error.
  if ('errors' in error && Array.isArray(error.errors)) {
    const messages = new Set(error.errors.map((one: Error) => publicMessage(one)));
    return [...messages].slice(0, messagesMax).join('; ');
  }
  const code = codeOf(error);
  const message = publicMessage(error);
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}

/** Of a machine inside that EGRESS_ALLOW lets webhooks reach, its owner hears the name that it wrote, not the address. */
function publicMessage(error: Error): string {
  const address = 'address' in error && typeof error.address === 'string' ? error.address : '';
  if (address === '' || publicAddresses.refusal(address) === null) return error.message;
  return error.message.split(address).join('a private address');
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
