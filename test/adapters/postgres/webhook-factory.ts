/** A client with one active webhook, as the API would have stored them. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { ClientRow } from '../../../libs/postgres/entities/client.ts';
import { WebhookSecretRow } from '../../../libs/postgres/entities/webhook-secret.ts';
import { WebhookRow } from '../../../libs/postgres/entities/webhook.ts';

export async function storeWebhook(em: EntityManager, id: string, changes: Partial<WebhookRow> = {}): Promise<void> {
  const createdAt = new Date('2026-03-01T00:00:00Z');
  const fork = em.fork();
  await fork.upsert(ClientRow, { id: 'client-1', name: 'Acme', createdAt });
  await fork.insert(WebhookRow, {
    id,
    clientId: 'client-1',
    url: 'https://acme.example/hooks?token=hidden',
    eventTypes: ['order.*'],
    isActive: true,
    format: 'json',
    ordering: 'inOrder',
    maxInFlight: 10,
    timeoutMs: 5_000,
    retryPolicy: { maxAttempts: 8, baseDelayMs: 5_000, maxDelayMs: 60_000, backoffFactor: 6, jitter: 0.2 },
    signatureAlgorithm: 'hmac-sha256',
    maskedHeaders: {},
    version: 3,
    createdAt,
    updatedAt: createdAt,
    ...changes,
  });
  await fork.insert(WebhookSecretRow, { id: `${id}-secret`, webhookId: id, sealed: 'v1.k.n.s', createdAt });
}
