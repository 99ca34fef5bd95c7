/** A key of the management API. The key itself is nowhere: only its SHA-256. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export type ApiKeyRole = 'admin' | 'client' | 'publisher' | 'viewer';

export const ApiKeyRow = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.text().primary(),
    /** SHA-256 of the whole key, hexadecimal. */
    hash: p.text(),
    /** First characters of the key, to recognise it by. */
    prefix: p.text(),
    role: p.text().$type<ApiKeyRole>(),
    /** The client it is bound to: never null for `client` and `viewer`, always null for `admin`; a `publisher` may be either. */
    clientId: p.text().nullable(),
    name: p.text(),
    /** Null: all that its role may. */
    capabilities: p.array().nullable(),
    createdAt: p.datetime(),
    lastUsedAt: p.datetime().nullable(),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
  },
});
export type ApiKeyRow = InferEntity<typeof ApiKeyRow>;
