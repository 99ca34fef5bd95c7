/** An event that was published over HTTP, remembered for a day. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const PublishedEventRow = defineEntity({
  name: 'PublishedEvent',
  tableName: 'published_event',
  properties: {
    /** The client; empty for a broadcast. */
    owner: p.text().primary(),
    /** The CloudEvent's id, within its source. */
    eventId: p.text().primary(),
    /** As it was first published: with it a second try makes the same deliveries. */
    eventTime: p.text(),
    /** Of what it said. Null: published by a version that did not keep it. */
    contentHash: p.text().nullable(),
    /** The request that is at it; null when none is. */
    claimedBy: p.text().nullable(),
    claimedAt: p.datetime(),
    /** Kafka has it. */
    isAcknowledged: p.boolean(),
    expiresAt: p.datetime(),
  },
});
export type PublishedEventRow = InferEntity<typeof PublishedEventRow>;
