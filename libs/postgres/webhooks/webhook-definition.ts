/** What travels on webhook.definitions, from the rows that it is made of. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { WebhookDefinition } from '../../domain/webhook/webhook.ts';
import { WebhookSecretRow } from '../entities/webhook-secret.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import { compareNewestFirst } from './webhook-secrets.ts';

/** Its rewind is over: the replay finds it so. */
export const notRewound = { rewind: null, rewindId: null, rewindTo: null } as const;

/** @param secrets of this webhook; expired ones and the order are taken care of */
export function definitionOf(webhook: WebhookRow, secrets: readonly WebhookSecretRow[], now: Date): WebhookDefinition {
  return {
    id: webhook.id,
    clientId: webhook.clientId,
    url: webhook.url,
    eventTypes: webhook.eventTypes,
    isActive: webhook.isActive,
    // Whoever disabled it: neither pings nor tests go to an endpoint that has proven nothing.
    disabledBy: webhook.verificationPending ? 'unverified' : (webhook.disabledBy ?? null),
    disabledReason: webhook.disabledReason ?? null,
    filter: webhook.filter ?? null,
    format: webhook.format,
    ordering: webhook.ordering,
    maxInFlight: webhook.maxInFlight,
    rateLimitPerSecond: rateLimitOf(webhook),
    timeoutMs: webhook.timeoutMs,
    retryPolicy: webhook.retryPolicy,
    successCodes: webhook.successCodes.map(String),
    retryOn: webhook.retryOn.map(String),
    failOn: webhook.failOn.map(String),
    signatureAlgorithm: webhook.signatureAlgorithm,
    secrets: secrets
      .filter((secret) => secret.expiresAt == null || secret.expiresAt > now)
      .sort(compareNewestFirst)
      .map(({ id, sealed, expiresAt }) => ({ id, sealed, expiresAt: expiresAt?.getTime() ?? null })),
    sealedHeaders: webhook.sealedHeaders ?? null,
    sealedTls: webhook.sealedTls ?? null,
    recoveringSince: webhook.recoveringSince?.getTime() ?? null,
    recoveringUntil: webhook.recoveringUntil?.getTime() ?? null,
    pausedSince: webhook.pausedSince?.getTime() ?? null,
    pausedUntil: webhook.pausedUntil?.getTime() ?? null,
    earlierPauses: webhook.earlierPauses ?? [],
    rewind: webhook.rewind ?? null,
    version: webhook.version,
    targetVersion: webhook.targetVersion,
    updatedAt: webhook.updatedAt.getTime(),
  };
}

/** What its owner set, or what its endpoint allows, whichever is less. */
function rateLimitOf({ rateLimitPerSecond, allowedPerMinute }: WebhookRow): number | null {
  const own = rateLimitPerSecond ?? null;
  if (allowedPerMinute == null) return own;
  return Math.min(own ?? Infinity, allowedPerMinute / 60);
}

/** {@link definitionOf} with the webhook's secrets read through `em`, so inside its transaction. */
export async function readDefinition(em: EntityManager, webhook: WebhookRow, now: Date): Promise<WebhookDefinition> {
  const secrets = await em.find(WebhookSecretRow, { webhookId: webhook.id });
  return definitionOf(webhook, secrets, now);
}
