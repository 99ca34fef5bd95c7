/** Who calls, and what a request says once it was judged. */
import type { BodyOf, KeyRole, Operation, ParamsOf, QueryOf, Role } from '../../../libs/api-contract/operation.ts';
import type { ValidInput } from '../../../libs/api-contract/validation.ts';
import type { Actor } from '../../../libs/domain/access/actor.ts';
import type { Capability } from '../../../libs/domain/access/capabilities.ts';
import type { VersionCondition } from '../../../libs/domain/access/entity-tag.ts';
import type { PortalSession } from '../../../libs/domain/access/portal-session.ts';
import type { ReadBounds } from '../../../libs/postgres/bounded-reads.ts';
import type { ReadCloudEvents } from '../events/http-cloud-events.ts';
import type { RequestIdentity } from '../http/request-identity.ts';

export interface Caller {
  readonly kind: 'api_key' | 'portal' | 'oidc';
  /** Id of the key or of the session; `oidc:` and the subject of a token. */
  readonly keyId: string;
  readonly name: string | null;
  readonly role: KeyRole;
  /** The client that the key is bound to. */
  readonly clientId: string | null;
  readonly capabilities: readonly Capability[];
  /** Unix milliseconds; null: never. */
  readonly expiresAt: number | null;
  /** By then (Unix milliseconds) whatever it makes ends that opens the API; null: never. */
  readonly grantedUntil: number | null;
  /** Null: a key or an operator's token. */
  readonly session: PortalSession | null;
}

/** The role that operations speak of: a viewer is a client, with fewer capabilities. */
export function roleOf({ role }: Pick<Caller, 'role'>): Role {
  return role === 'viewer' ? 'client' : role;
}

export function maySeePayloads({ capabilities }: Pick<Caller, 'capabilities'>): boolean {
  return capabilities.includes('payloads.read');
}

/** Whose share it is. Keys and portal sessions of one client have one together: else a second one would be a second share. */
export function ownerOf({ clientId, keyId }: Pick<Caller, 'clientId' | 'keyId'>): string {
  return clientId ?? keyId;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for every request under /v1. */
    caller?: Caller;
    /** SHA-256 of the body as it came; of nothing when there was none. */
    bodyHash?: string;
    /** Set under an Idempotency-Key. */
    identity?: RequestIdentity;
    /** Set when the request fits its operation. */
    input?: ValidInput;
  }
}

/** What a controller gets. */
export interface InputOf<Op extends Operation> {
  readonly params: ParamsOf<Op>;
  readonly query: QueryOf<Op>;
  readonly body: BodyOf<Op>;
  /** In place of the body when that was CloudEvents. */
  readonly cloudEvents: ReadCloudEvents | null;
  readonly caller: Caller;
  /** The client whose objects may be touched; null: everybody's. */
  readonly scope: string | null;
  readonly actor: Actor;
  /** What If-Match asks of the version; holds always without it. */
  readonly isMeant: VersionCondition;
  /** W3C Trace Context of what the request causes; null: none. */
  readonly traceparent: string | null;
  readonly identity: RequestIdentity;
  /** Of what it reads beside what it changes. What only reads is within them as it is. */
  readonly readBounds: ReadBounds;
}

/** Only an admin's reach has no end: whatever else a key is, without a client of its own it reaches nothing. */
export function scopeOf(caller: Caller): string | null {
  return caller.role === 'admin' ? null : (caller.clientId ?? '');
}
