/** A signing secret of a webhook, sealed; several may sign at once while they overlap. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const WebhookSecretRow = defineEntity({
  name: 'WebhookSecret',
  tableName: 'webhook_secret',
  properties: {
    id: p.text().primary(),
    webhookId: p.text(),
    sealed: p.text(),
    createdAt: p.datetime(),
    /** Null for the current secret, else until when it signs too. */
    expiresAt: p.datetime().nullable(),
    /** When its owner was told that it ends. */
    expiryToldAt: p.datetime().nullable(),
  },
});
export type WebhookSecretRow = InferEntity<typeof WebhookSecretRow>;
