/** Who calls, and what a request says once it was judged. */
import type { BodyOf, Operation, ParamsOf, QueryOf, Role } from '../../libs/api-contract/operation.ts';
import type { ValidInput } from '../../libs/api-contract/validation.ts';
import type { Actor } from '../../libs/domain/actor.ts';

export interface Caller {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  /** The client that the key is bound to. */
  readonly clientId: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for every request under /v1. */
    caller?: Caller;
    /** SHA-256 of the body as it came; of nothing when there was none. */
    bodyHash?: string;
    /** Set when the request fits its operation. */
    input?: ValidInput;
  }
}

/** What a controller gets. */
export interface InputOf<Op extends Operation> {
  readonly params: ParamsOf<Op>;
  readonly query: QueryOf<Op>;
  readonly body: BodyOf<Op>;
  readonly caller: Caller;
  /** The client whose objects may be touched; null: everybody's. */
  readonly scope: string | null;
  readonly actor: Actor;
}

/** Only an admin's reach has no end: whatever else a key is, without a client of its own it reaches nothing. */
export function scopeOf(caller: Caller): string | null {
  return caller.role === 'admin' ? null : (caller.clientId ?? '');
}
