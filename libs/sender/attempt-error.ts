/** What went wrong on the way to an answer: the kind that decides what follows, and a sentence for a person. */
import type { AttemptErrorKind } from '../domain/outcome.ts';
import { NameError, RefusedAddressError } from './address-guard.ts';
import { AddressRules } from './address-rules.ts';

const publicAddresses = new AddressRules([], []);

/** How far a connection is: what it does next is what a failure says could not be done. */
export type ConnectionPhase = 'resolving' | 'connecting' | 'handshake' | 'open';

export interface AttemptFailure {
  readonly errorKind: AttemptErrorKind;
  readonly message: string;
}

/** TLS material of a webhook that cannot be used: no PEM, or a key of another certificate. */
export class TlsMaterialError extends Error {
  readonly code = 'tls_material';
  readonly retryable = false;
}

/** `hasAnswerBegun`: whether a first byte of the answer came. */
export function attemptFailure(error: Error, phase: ConnectionPhase, hasAnswerBegun: boolean): AttemptFailure {
  if (error instanceof RefusedAddressError) return { errorKind: 'refused-address', message: error.message };
  if (error instanceof NameError) return { errorKind: 'dns', message: error.message };
  if (error instanceof TlsMaterialError || phase === 'handshake' || isTlsError(error)) {
    return { errorKind: 'tls', message: `no TLS connection: ${describe(error)}` };
  }
  if (phase !== 'open') return { errorKind: 'connect', message: `no connection: ${describe(error)}` };
  return { errorKind: 'reset', message: describeReset(error, hasAnswerBegun) };
}

/** What the deadline cut short. */
export function deadlineFailure(timeoutMs: number, doing: ConnectionPhase | 'queued' | 'answering'): AttemptFailure {
  return { errorKind: 'timeout', message: `no answer within ${timeoutMs} ms: ${unfinished[doing]}` };
}

const unfinished: Record<ConnectionPhase | 'queued' | 'answering', string> = {
  queued: 'every connection to this origin was in use',
  resolving: 'the name was not resolved',
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

/** After the handshake too: with TLS 1.3 a client certificate is refused only then. */
function isTlsError(error: Error): boolean {
  return /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/.test(codeOf(error));
}

function describeReset(error: Error, hasAnswerBegun: boolean): string {
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'the headers of the answer are over 16 KiB';
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'the answer is not as long as its content-length';
  if (error.name === 'HTTPParserError') return `the answer is not HTTP/1.1: ${describe(error)}`;
  if (!isClosedConnection(error)) return describe(error);
  return hasAnswerBegun
    ? 'the connection was closed in the middle of the answer'
    : 'the connection was closed before an answer came';
}

function describe(error: Error): string {
  // Several addresses were tried, each with its own error.
  if ('errors' in error && Array.isArray(error.errors)) {
    return [...new Set(error.errors.map((one: Error) => publicMessage(one)))].join('; ');
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
