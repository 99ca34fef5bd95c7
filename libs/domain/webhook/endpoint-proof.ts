/**
 * Whether an endpoint wants what is sent to it: what it is asked, and what its answer proves. In: how it is to be asked, and what it
 * answered. Out: a proof, or in words what is missing. What must hold: nobody proves anything for an endpoint that does not know of
 * it, such as one that sends back whatever comes, or one that answers everything with 200. Pure.
 */
import type { AttemptResult } from '../delivery/attempt.ts';
import type { Delivery } from '../delivery/delivery.ts';

export const proofMethods = ['challenge', 'cloudevents'] as const;
export type ProofMethod = (typeof proofMethods)[number];

/** How it is to be asked. Travels as the body of a ping of its own type: whoever dispatches needs no setting for it. */
export interface ProofWish {
  readonly method: ProofMethod;
  /** DNS name that we ask as, for `cloudevents`. */
  readonly origin: string | null;
}

export type Proof =
  | {
      readonly isProven: true;
      /** What it takes in a minute; null: whatever comes. */
      readonly allowedPerMinute: number | null;
    }
  | { readonly isProven: false; readonly problem: string };

export interface ProofRequest {
  readonly method: 'OPTIONS' | 'POST';
  /** Beside those of every POST; of an OPTIONS all that it has. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const verificationEventType = 'webhook.verification';
export const unprovenReason = 'Its endpoint has not proven yet that it wants these deliveries.';

const shownCharsMax = 200;
const secondsPerMinute = 60;

export function isVerification({ kind, eventType }: Pick<Delivery, 'kind' | 'eventType'>): boolean {
  return kind === 'ping' && eventType === verificationEventType;
}

export function proofWishBody({ method, origin }: ProofWish): Buffer {
  return Buffer.from(JSON.stringify({ method, origin }));
}

/** Null of what this version does not know. */
export function readProofWish(body: Buffer): ProofWish | null {
  try {
    const { method, origin } = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
    const known = proofMethods.find((one) => one === method);
    if (known === undefined) return null;
    if (known === 'challenge') return { method: known, origin: null };
    return typeof origin === 'string' ? { method: known, origin } : null;
  } catch {
    return null;
  }
}

/**
 * @param challenge random, of this one request
 * @param ratePerSecond the webhook's own limit; null: none is asked for
 */
export function proofRequest(
  { method, origin }: ProofWish,
  { webhookId, challenge, ratePerSecond }: { webhookId: string; challenge: string; ratePerSecond: number | null },
): ProofRequest {
  if (method === 'challenge') {
    const body = Buffer.from(JSON.stringify({ type: verificationEventType, webhookId, challenge }));
    return { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  }
  // CloudEvents "HTTP 1.1 Web Hooks for Event Delivery", section 4.1.
  const headers: Record<string, string> = { 'webhook-request-origin': origin ?? '' };
  if (ratePerSecond !== null) {
    headers['webhook-request-rate'] = String(Math.max(1, Math.ceil(ratePerSecond * secondsPerMinute)));
  }
  return { method: 'OPTIONS', headers, body: Buffer.alloc(0) };
}

export function judgeProof({ method, origin }: ProofWish, challenge: string, result: AttemptResult): Proof {
  if (result.kind === 'error') return missing(result.message);
  const { code, headers, bodySample } = result;
  if (code < 200 || code > 299) return missing(refusalWords(method, code));
  if (method === 'cloudevents') return judgeAllowance(headers, origin ?? '');
  if (hasChallenge(bodySample.toString('utf8'), challenge)) return { isProven: true, allowedPerMinute: null };
  return missing(
    'its answer is neither the challenge alone nor the JSON {"challenge":"…"} with it: the value of `challenge` in the request has to come back',
  );
}

/** The same, section 4.2. */
function judgeAllowance(headers: Readonly<Record<string, string>>, origin: string): Proof {
  const allowed = headers['webhook-allowed-origin']?.trim();
  if (allowed === undefined || allowed === '') return missing('its answer to OPTIONS has no WebHook-Allowed-Origin');
  if (allowed !== '*' && allowed.toLowerCase() !== origin.toLowerCase()) {
    return missing(`its WebHook-Allowed-Origin is ${shown(allowed)}, which is neither * nor ${origin}`);
  }
  const rate = headers['webhook-allowed-rate']?.trim() ?? '*';
  if (rate === '*') return { isProven: true, allowedPerMinute: null };
  if (!/^[1-9]\d{0,8}$/.test(rate)) {
    return missing(`its WebHook-Allowed-Rate is ${shown(rate)}, which is neither * nor a whole number of 1 or more`);
  }
  return { isProven: true, allowedPerMinute: Number(rate) };
}

/** Whoever sends back the whole request did not read it: nothing may stand beside the challenge. */
function hasChallenge(body: string, challenge: string): boolean {
  const text = body.trim();
  if (text === challenge) return true;
  try {
    const said: unknown = JSON.parse(text);
    if (said === challenge) return true;
    if (typeof said !== 'object' || said === null) return false;
    return JSON.stringify(said) === JSON.stringify({ challenge });
  } catch {
    return false;
  }
}

function refusalWords(method: ProofMethod, code: number): string {
  if (code >= 300 && code <= 399)
    return `it answered ${code}, and redirects are not followed: register the address that it leads to`;
  if (method === 'cloudevents' && (code === 405 || code === 501)) {
    return `it answered ${code}: it does not take OPTIONS, by which it is asked whether it wants deliveries`;
  }
  return `it answered ${code}, which is no 2xx`;
}

function missing(problem: string): Proof {
  return { isProven: false, problem };
}

function shown(value: string): string {
  const text = value.replaceAll(/[^\x20-\x7e]/g, '?');
  return `'${text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text}'`;
}
