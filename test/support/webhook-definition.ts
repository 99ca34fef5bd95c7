/** The definition of a webhook that takes every event of its client, one at a time. */
import type { WebhookDefinition } from '../../libs/domain/webhook/webhook.ts';

export function webhookDefinition(id: string, more: Partial<WebhookDefinition> = {}): WebhookDefinition {
  return {
    id,
    clientId: 'acme',
    url: 'https://example.com',
    eventTypes: ['*'],
    isActive: true,
    disabledBy: null,
    disabledReason: null,
    filter: null,
    format: 'json',
    ordering: 'inOrder',
    maxInFlight: 1,
    rateLimitPerSecond: null,
    timeoutMs: 5_000,
    retryPolicy: { maxAttempts: 8, baseDelayMs: 5_000, maxDelayMs: 60_000, backoffFactor: 2, jitter: 0 },
    successCodes: [],
    retryOn: [],
    failOn: [],
    signatureAlgorithm: 'hmac-sha256',
    secrets: [],
    sealedHeaders: null,
    sealedTls: null,
    recoveringSince: null,
    recoveringUntil: null,
    pausedSince: null,
    pausedUntil: null,
    earlierPauses: [],
    version: 1,
    targetVersion: 1,
    updatedAt: 0,
    ...more,
  };
}
