/**
 * Portal sessions: in: who may look at or manage the webhooks of one client, until when. Out: a token that says so, and
 * back. Holds: a token that was changed, whose key is gone, or whose time is over is no token; nothing secret is in it.
 *
 * `whp_<payload>.<signature>`: the payload is JSON in base64url, the signature HMAC-SHA256 over it (RFC 2104) by a key
 * that the payload names.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { capabilities, capabilitiesOfScope, type Capability, type PortalScope } from './capabilities.ts';

export interface PortalSession {
  readonly id: string;
  readonly clientId: string;
  readonly scope: PortalScope;
  readonly capabilities: readonly Capability[];
  /** Who it is for, in words; null: not said. */
  readonly name: string | null;
  /** Unix milliseconds; a renewed session keeps it. */
  readonly issuedAt: number;
  /** Unix milliseconds: from then on it is refused. */
  readonly expiresAt: number;
  /** How much longer a renewal makes it last, and until when at most; null: it is not renewed. */
  readonly renewal: { readonly lifeMs: number; readonly until: number } | null;
  /** The key of the client that opened it, whose end is its end; null: an operator opened it. */
  readonly openedBy: string | null;
  /** What is made with it ends by then (Unix milliseconds), as what was made with the key that opened it does; null: never. */
  readonly grantedUntil: number | null;
}

/** The same session for longer. Null: it was not opened to be renewed. */
export function renewedSession(session: PortalSession, now: number): PortalSession | null {
  if (session.renewal === null) return null;
  const { lifeMs, until } = session.renewal;
  return { ...session, expiresAt: Math.max(session.expiresAt, Math.min(now + lifeMs, until)) };
}

/** Until when a session may be in force, renewed again and again. */
export function lastsUntil({ expiresAt, renewal }: PortalSession): number {
  return Math.max(expiresAt, renewal?.until ?? 0);
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
  return claimed.expiresAt > now ? sessionOf(claimed) : null;
}

function signatureOf(payload: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}

/** Tokens of earlier versions have no more than the first of these. */
type Claims = Pick<PortalSession, 'id' | 'clientId' | 'scope' | 'name' | 'issuedAt' | 'expiresAt'> &
  Partial<PortalSession> & { readonly keyId: string };

function sessionOf({ keyId: _, ...claims }: Claims): PortalSession {
  const held = claims.capabilities ?? capabilitiesOfScope[claims.scope];
  return {
    renewal: null,
    openedBy: null,
    grantedUntil: null,
    ...claims,
    capabilities: capabilities.filter((capability) => held.includes(capability)),
  };
}

/** Only of use once the signature is checked: until then its members may be anything. */
function parsed(payload: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : null;
  } catch {
    return null;
  }
}
