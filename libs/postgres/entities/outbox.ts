/**
 * What has to go to Kafka because of a committed change. Ids are taken in commit order (a trigger holds a lock
 * from insert to commit), so one relay that reads by id publishes in commit order and never skips a late one.
 */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const OutboxRow = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    /** Topic without TOPIC_PREFIX (libs/wire/topics.ts). */
    topic: p.text(),
    key: p.text(),
    /** The domain value, encoded by the relay as its topic asks; null for a tombstone. */
    value: p.json<unknown>().nullable(),
    headers: p.json<Record<string, string>>(),
    createdAt: p.datetime(),
  },
});
export type OutboxRow = InferEntity<typeof OutboxRow>;
