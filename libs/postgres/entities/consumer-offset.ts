/** Where a consumer that keeps its positions with its effects goes on. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const ConsumerOffsetRow = defineEntity({
  name: 'ConsumerOffset',
  tableName: 'consumer_offset',
  properties: {
    groupId: p.text().primary(),
    topic: p.text().primary(),
    partition: p.integer().primary(),
    nextOffset: p.bigint('number'),
    /** Of the topic that it is a position in (KIP-516). */
    topicId: p.text().nullable(),
    updatedAt: p.datetime(),
  },
});
export type ConsumerOffsetRow = InferEntity<typeof ConsumerOffsetRow>;
