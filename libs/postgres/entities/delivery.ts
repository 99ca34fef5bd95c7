/** What became of an event at a webhook, partitioned by the day that its id carries. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { DeliveryKind } from '../../domain/delivery/delivery.ts';
import type { DeliveryOutcome, DeliveryStatus } from '../../domain/delivery/outcome.ts';
import type { AttemptErrorKind } from '../../domain/delivery/outcome-reason.ts';
import type { PayloadFormat } from '../../domain/webhook/webhook.ts';

export const DeliveryRow = defineEntity({
  name: 'Delivery',
  tableName: 'delivery',
  properties: {
    /** The key in the history, a UUID v8 (historyIdOf in libs/domain/ids.ts); sorts by time. */
    id: p.uuid().primary(),
    /** The time inside the id: name it in a query and only its day's partition is read. */
    dayTime: p.datetime().primary(),
    /** The header `webhook-id`; null: it is the id. */
    messageId: p.uuid().nullable(),
    webhookId: p.text(),
    clientId: p.text(),
    eventId: p.text(),
    /** Null until the event's own record was read, and for pings. */
    eventKey: p.uuid().nullable(),
    eventType: p.text(),
    kind: p.text().$type<DeliveryKind>(),
    /** Null until the event's own record was read, and for pings. */
    format: p.text().$type<PayloadFormat>().nullable(),
    /** That of {@link DeliveryOutcome} for the attempt that decides (libs/domain/delivery/outcome-precedence.ts); pending before one. */
    status: p.text().$type<DeliveryStatus>(),
    reason: p.text().$type<NonNullable<DeliveryOutcome['reason']>>().nullable(),
    /** Rows of delivery_attempt. */
    attemptCount: p.integer(),
    /** Begin of the first round known. */
    createdAt: p.datetime(),
    nextAttemptAt: p.datetime().nullable(),
    /** Of the attempt that decides the status; null while pending. */
    lastAttemptAt: p.datetime().nullable(),
    lastRoundAt: p.datetime().nullable(),
    lastRound: p.text().nullable(),
    lastAttempt: p.integer().nullable(),
    lastLatencyMs: p.integer().nullable(),
    lastResponseCode: p.integer().nullable(),
    lastErrorKind: p.text().$type<AttemptErrorKind>().nullable(),
  },
});
export type DeliveryRow = InferEntity<typeof DeliveryRow>;
