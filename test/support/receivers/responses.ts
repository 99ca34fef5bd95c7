/** Ways to answer, for startReceiver. */
import type { Respond } from './recording-receiver.ts';

export function slow(delayMs = 200): Respond {
  return () => ({ delayMs });
}

export function failing(status = 500): Respond {
  return () => ({ status, body: 'out of order' });
}

/** The first `times` requests fail, the others are taken. */
export function failingFirst(times: number, status = 500): Respond {
  return (_request, index) => (index < times ? { status, body: 'out of order' } : {});
}

/** `retryAfter`: seconds, or a date as HTTP writes it. */
export function throttling(retryAfter: string, status: 429 | 503 = 429): Respond {
  return () => ({ status, headers: { 'retry-after': retryAfter } });
}

export function redirecting(location: string, status: 301 | 302 | 303 | 307 | 308 = 302): Respond {
  return () => ({ status, headers: { location } });
}

/** Asks to be disabled, or to give the delivery up (Standard Webhooks, proposal "Delivery control"). */
export function controlling(wish: 'disable' | 'abort-message', status = 500): Respond {
  return () => ({ status, headers: { 'webhook-delivery': wish } });
}
