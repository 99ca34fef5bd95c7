/** An event in the history, partitioned by the day that its key carries. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Decision } from '../../domain/event/webhook-event.ts';

export const EventRow = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    /** UUID v8 (eventKeyOf in libs/domain/ids.ts); sorts by time. */
    eventKey: p.uuid().primary(),
    /** The time inside the key: name it in a query and only its day's partition is read. */
    dayTime: p.datetime().primary(),
    /** The CloudEvent's id. Indexed by hash, because its producer chooses its length. */
    eventId: p.text(),
    eventType: p.text(),
    source: p.text().nullable(),
    subject: p.text().nullable(),
    /** Null for a broadcast. */
    clientId: p.text().nullable(),
    kind: p.text().$type<'event' | 'test'>(),
    receivedAt: p.datetime(),
    /** UTF-8 JSON text, byte for byte as fan-out shaped payloads from it. */
    data: p.blob().lazy(),
    /** Sorted by webhook id. */
    decisions: p.json<Decision[]>().lazy(),
    sourceTopic: p.text().nullable(),
    sourcePartition: p.integer().nullable(),
    sourceOffset: p.bigint('number').nullable(),
    traceparent: p.text().nullable(),
  },
});
export type EventRow = InferEntity<typeof EventRow>;
