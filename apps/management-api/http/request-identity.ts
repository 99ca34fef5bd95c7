/**
 * What a request calls the things that it makes. Holds: under an Idempotency-Key that follows from owner, key and request, and
 * from when it was first tried: whatever ended the first try, a repeat makes the same records, and nothing beside them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { objectId, type ObjectKind } from '../../../libs/domain/object-id.ts';
import type { HeldClaim } from '../../../libs/postgres/access/idempotency-store.ts';

export interface RequestIdentity {
  /** Unix milliseconds. */
  readonly now: number;
  /** A repeat has the same ids. */
  readonly isRepeatable: boolean;
  /** @param index of several of one kind */
  readonly idOf: (kind: ObjectKind, index?: number) => string;
}

export function newIdentity(now: number): RequestIdentity {
  return { now, isRepeatable: false, idOf: (kind) => objectId(kind, now, randomBytes(10)) };
}

export function identityOf({ owner, key, requestHash, firstAt }: HeldClaim): RequestIdentity {
  const idOf = (kind: ObjectKind, index = 0) => {
    const parts = [owner, key, requestHash, String(firstAt), kind, String(index)];
    const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
    return objectId(kind, firstAt, hash);
  };
  return { now: firstAt, isRepeatable: true, idOf };
}
