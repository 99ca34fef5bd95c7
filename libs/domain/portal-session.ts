/**
 * Portal sessions: in: who may look at or manage the webhooks of one client, until when. Out: a token that says so, and
 * back. Holds: a token that was changed, whose key is gone, or whose time is over is no token; nothing secret is in it.
 *
 * `whp_<payload>.<signature>`: the payload is JSON in base64url, the signature HMAC-SHA256 over it (RFC 2104) by a key
 * that the payload names.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** `view`: nothing can be changed or sent. `manage`: all that a key of the client can do. */
export const portalScopes = ['view', 'manage'] as const;
export type PortalScope = (typeof portalScopes)[number];

export interface PortalSession {
  readonly id: string;
  readonly clientId: string;
  readonly scope: PortalScope;
  /** Who it is for, in words; null: not said. */
  readonly name: string | null;
  /** Unix milliseconds. */
  readonly issuedAt: number;
  /** Unix milliseconds: from then on it is refused. */
  readonly expiresAt: number;
}

/** By their ids; the first one signs. */
export type PortalKeys = ReadonlyMap<string, Buffer>;

export const portalTokenPrefix = 'whp_';

/** @throws RangeError without a key */
export function portalToken(session: PortalSession, keys: PortalKeys): string {
  const [first] = keys;
  if (first === undefined) throw new RangeError('a portal token needs a key');
  const [keyId, key] = first;
  const payload = Buffer.from(JSON.stringify({ ...session, keyId })).toString('base64url');
  return `${portalTokenPrefix}${payload}.${signatureOf(payload, key).toString('base64url')}`;
}

/** Null when it is none of ours, or its time is over at `now` (Unix milliseconds). */
export function readPortalToken(token: string, keys: PortalKeys, now: number): PortalSession | null {
  const [, payload, signature] = /^whp_([\w-]+)\.([\w-]+)$/.exec(token) ?? [];
  if (payload === undefined || signature === undefined) return null;
  const claimed = parsed(payload);
  const key = claimed === null ? undefined : keys.get(claimed.keyId);
  if (claimed === null || key === undefined) return null;
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(payload, key);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const { keyId: _, ...session } = claimed;
  return session.expiresAt > now ? session : null;
}

function signatureOf(payload: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}

/** Only of use once the signature is checked: until then its members may be anything. */
function parsed(payload: string): (PortalSession & { readonly keyId: string }) | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as PortalSession & { keyId: string }) : null;
  } catch {
    return null;
  }
}
