/** One attempt of a delivery, or its end without one; partitioned by the day that the delivery's id carries. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Trigger } from '../../domain/delivery/delivery.ts';
import type { DeliveryOutcome, OutcomeStatus } from '../../domain/delivery/outcome.ts';
import type { AttemptErrorKind } from '../../domain/delivery/outcome-reason.ts';

export const DeliveryAttemptRow = defineEntity({
  name: 'DeliveryAttempt',
  tableName: 'delivery_attempt',
  properties: {
    deliveryId: p.uuid().primary(),
    round: p.text().primary(),
    attempt: p.integer().primary(),
    /** The time inside the delivery's id. */
    dayTime: p.datetime().primary(),
    roundAt: p.datetime(),
    trigger: p.text().$type<Trigger>(),
    startedAt: p.datetime(),
    status: p.text().$type<OutcomeStatus>(),
    reason: p.text().$type<NonNullable<DeliveryOutcome['reason']>>().nullable(),
    /** Null when no POST was made. */
    latencyMs: p.integer().nullable(),
    requestHeaders: p.json<Record<string, string>>(),
    responseCode: p.integer().nullable(),
    responseHeaders: p.json<Record<string, string>>(),
    responseBodySample: p.blob().nullable(),
    responseBodyTruncated: p.boolean(),
    errorKind: p.text().$type<AttemptErrorKind>().nullable(),
    errorMessage: p.text().nullable(),
    nextAttemptAt: p.datetime().nullable(),
    traceparent: p.text().nullable(),
  },
});
export type DeliveryAttemptRow = InferEntity<typeof DeliveryAttemptRow>;
