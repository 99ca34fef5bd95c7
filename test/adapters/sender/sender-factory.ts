/** Senders for tests: loopback open, every part closed after its test. */
import { AddressGuard, type Resolve } from '../../../libs/sender/address-guard.ts';
import { HttpSender, type AttemptRequest, type HttpSenderOptions } from '../../../libs/sender/http-attempt.ts';

interface Closable {
  close(): Promise<void>;
}

const opened: Closable[] = [];

/** Closed by closeAll, in the order in which it was made. */
export function track<T extends Closable>(part: T): T {
  opened.push(part);
  return part;
}

/** For afterEach. */
export async function closeAll(): Promise<void> {
  for (const part of opened.splice(0)) await part.close();
}

export const openLoopback = { schemes: ['http', 'https'], ports: ['*'], disallowed: [], allowed: ['127.0.0.0/8'] };

export function makeSender(options: HttpSenderOptions = {}, resolve?: Resolve): HttpSender {
  return track(new HttpSender(new AddressGuard(openLoopback, resolve), options));
}

/** Any name is 127.0.0.1. */
export const everythingIsLoopback: Resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

export function post(url: string, changes: Partial<AttemptRequest> = {}): AttemptRequest {
  const headers = { 'content-type': 'application/json' };
  return { url, headers, body: Buffer.from('{"id":"e1"}'), timeoutMs: 5000, tls: null, ...changes };
}
