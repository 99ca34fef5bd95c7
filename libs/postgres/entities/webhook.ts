/** A webhook as its owner set it: the source of what travels on webhook.definitions. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { PauseInterval } from '../../domain/webhook/pause.ts';
import type { AnswerCode } from '../../domain/delivery/answer-codes.ts';
import type {
  DisabledBy,
  Ordering,
  PayloadFormat,
  RetryPolicy,
  RewindHold,
  ShownTls,
  SignatureAlgorithm,
} from '../../domain/webhook/webhook.ts';

/** What a webhook of a suspended client goes back to. */
export interface Suspension {
  /** Unix milliseconds: until when its client had it paused. */
  readonly pausedUntil: number | null;
  /** What waited was kept for as long as may be. */
  readonly isDisabled?: boolean;
}

export const WebhookRow = defineEntity({
  name: 'Webhook',
  tableName: 'webhook',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    url: p.text(),
    description: p.text().nullable(),
    labels: p.json<Record<string, string>>().default('{}'),
    /** Its owner's name for it. */
    externalId: p.text().nullable(),
    eventTypes: p.json<string[]>(),
    isActive: p.boolean(),
    disabledBy: p.text().$type<DisabledBy>().nullable(),
    disabledReason: p.text().nullable(),
    disabledAt: p.datetime().nullable(),
    /** When it was last enabled: failures from before are forgiven (libs/domain/health/health.ts). */
    enabledAt: p.datetime().nullable(),
    /** JSON text, as it was given (libs/domain/filter/filter.ts). */
    filter: p.text().nullable(),
    format: p.text().$type<PayloadFormat>(),
    ordering: p.text().$type<Ordering>(),
    maxInFlight: p.integer(),
    rateLimitPerSecond: p.double().$type<number>().nullable(),
    timeoutMs: p.integer(),
    retryPolicy: p.json<RetryPolicy>(),
    /** Codes and classes (libs/domain/delivery/answer-codes.ts). */
    successCodes: p.json<AnswerCode[]>().defaultRaw("'[]'"),
    retryOn: p.json<AnswerCode[]>().defaultRaw("'[]'"),
    failOn: p.json<AnswerCode[]>().defaultRaw("'[]'"),
    signatureAlgorithm: p.text().$type<SignatureAlgorithm>(),
    /** Ciphertext envelope of a JSON object of headers. */
    sealedHeaders: p.text().nullable(),
    /** The same headers with every value masked: what the API shows. */
    maskedHeaders: p.json<Record<string, string>>(),
    /** Ciphertext envelope of `{ ca?, cert?, key? }`. */
    sealedTls: p.text().nullable(),
    /** Enable it again after good pings, when failures disabled it. */
    autoHeal: p.boolean().default(true),
    /** Also when its endpoint said that it is gone. */
    autoHealGone: p.boolean().default(false),
    /** It recovers from then (libs/domain/health/recovery.ts); `disabledAt` is kept meanwhile: the begin of what was missed. */
    recoveringSince: p.datetime().nullable(),
    /** When it was enabled before it was disabled: what ended as disabled since then was missed. */
    missedSince: p.datetime().nullable(),
    recoveringUntil: p.datetime().nullable(),
    /** Its last pause since it was enabled, and when that ends or ended (libs/domain/webhook/pause.ts). */
    pausedSince: p.datetime().nullable(),
    pausedUntil: p.datetime().nullable(),
    /** Those before it that something may wait from, in Unix milliseconds. */
    earlierPauses: p.json<PauseInterval[]>().nullable(),
    /** Until then that pause might last. */
    holdsUntil: p.datetime().nullable(),
    /** Null: its client is not suspended. */
    suspension: p.json<Suspension>().nullable(),
    /** Its endpoint has to prove that it wants deliveries before anything is sent (libs/domain/webhook/endpoint-proof.ts). */
    verificationPending: p.boolean().default(false),
    /** When the endpoint of its present URL proved it. */
    verifiedAt: p.datetime().nullable(),
    /** What that endpoint takes in a minute; null: whatever comes. */
    allowedPerMinute: p.integer().nullable(),
    /** What fan-out does with its new events while it is rewound, the replay that does that, and from when on. */
    rewind: p.text().$type<RewindHold>().nullable(),
    rewindId: p.text().nullable(),
    rewindTo: p.datetime().nullable(),
    /** The same without secrets: what the API shows. */
    shownTls: p.json<ShownTls>().nullable(),
    /** Counts changes from 1. */
    version: p.integer(),
    /** The version in which it got its present URL. */
    targetVersion: p.integer().default(1),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type WebhookRow = InferEntity<typeof WebhookRow>;
