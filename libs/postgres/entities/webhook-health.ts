/** What the monitor knows of a webhook's endpoint. Only the monitor writes it. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { RateWindow } from '../../domain/health/failure-rate.ts';
import type { HealthState } from '../../domain/health/webhook-health.ts';
import type { HealthWindows } from '../../domain/health/health-window.ts';

export const WebhookHealthRow = defineEntity({
  name: 'WebhookHealth',
  tableName: 'webhook_health',
  properties: {
    webhookId: p.text().primary(),
    state: p.text().$type<HealthState>(),
    consecutiveFailures: p.integer(),
    failingSince: p.datetime().nullable(),
    lastSuccessAt: p.datetime().nullable(),
    lastFailureAt: p.datetime().nullable(),
    /** The webhook's `enabledAt` that this row has heeded. */
    countedFrom: p.datetime().nullable(),
    lastPingAt: p.datetime().nullable(),
    lastPingDelivered: p.boolean().nullable(),
    goodPings: p.integer().default(0),
    failedPings: p.integer().default(0),
    isFailureTold: p.boolean().default(false),
    /** The webhook's `targetVersion` that this is about; null in rows from before there was one. */
    targetVersion: p.integer().nullable(),
    /** The endpoint said that it is gone, and nothing has come of it yet. */
    goneAt: p.datetime().nullable(),
    goneDeliveryId: p.text().nullable(),
    /** In a row; null in rows from before one did not suffice. */
    goneAnswers: p.integer().nullable(),
    /** Of the last attempt that failed; null: it got no answer. */
    lastFailureCode: p.integer().nullable(),
    /** Its attempts all began late, from then on, and until then. */
    lateSince: p.datetime().nullable(),
    lastLateAt: p.datetime().nullable(),
    rateWindow: p.json<RateWindow>().nullable(),
    windows: p.json<HealthWindows>(),
    updatedAt: p.datetime(),
  },
});
export type WebhookHealthRow = InferEntity<typeof WebhookHealthRow>;
