/** Who changed what, when, from where. Append-only: a trigger refuses anything but inserts. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export type ActorKind = 'api_key' | 'portal' | 'oidc' | 'system';

export const AuditEntryRow = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    at: p.datetime(),
    actorKind: p.text().$type<ActorKind>(),
    /** Id of the key or session; the app's name for `system`. */
    actorId: p.text(),
    actorName: p.text().nullable(),
    /** The tenant whose object was changed; null for an operator's own objects. */
    clientId: p.text().nullable(),
    /** Such as webhook.updated. */
    action: p.text(),
    objectKind: p.text(),
    objectId: p.text(),
    /** Secrets masked. */
    before: p.json<unknown>().nullable(),
    after: p.json<unknown>().nullable(),
    address: p.text().nullable(),
    requestId: p.text().nullable(),
  },
});
export type AuditEntryRow = InferEntity<typeof AuditEntryRow>;
