/** A tenant. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { DisableOverride } from '../../domain/health/disable-rules.ts';
import type { Labels } from '../../domain/webhook/labels.ts';

export const ClientRow = defineEntity({
  name: 'Client',
  tableName: 'client',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    createdAt: p.datetime(),
    /** When failures disable its webhooks, where that is not as for everybody. */
    autoDisable: p.json<DisableOverride>().default('{}'),
    /** Where notices go by mail. */
    noticeEmails: p.json<string[]>().default('[]'),
    /** Portal sessions that were opened up to then are over. */
    portalSessionsAfter: p.datetime().nullable(),
    labels: p.json<Labels>().default('{}'),
    externalId: p.text().nullable(),
    version: p.integer().default(1),
    /** How long the history keeps what it has; null: as long as everything. */
    retentionDays: p.integer().nullable(),
    suspendedAt: p.datetime().nullable(),
    suspendedReason: p.text().nullable(),
    /** Since then it leaves, and nothing new is made for it. */
    leavingAt: p.datetime().nullable(),
  },
});
export type ClientRow = InferEntity<typeof ClientRow>;
