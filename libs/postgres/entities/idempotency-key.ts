/** The answer that a POST with an Idempotency-Key got, to be given again. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const IdempotencyKeyRow = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_key',
  properties: {
    /** Whose key it is: an API key's id, or another name of the caller. */
    owner: p.text().primary(),
    key: p.text().primary(),
    /** SHA-256 of method, path and body, hexadecimal: another request under the same key is refused. */
    requestHash: p.text(),
    /** Null while the first request is being answered. */
    responseStatus: p.integer().nullable(),
    responseHeaders: p.json<Record<string, string>>().nullable(),
    responseBody: p.text().nullable(),
    /** The try that is at it; null when none is. */
    claimedBy: p.text().nullable(),
    state: p.text().$type<'working' | 'in_doubt' | 'free'>(),
    /** When it was first tried: from that follow the ids of what it makes. */
    firstAt: p.datetime().nullable(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
  },
});
export type IdempotencyKeyRow = InferEntity<typeof IdempotencyKeyRow>;
