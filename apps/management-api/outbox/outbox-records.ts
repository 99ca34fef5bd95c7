/** In: a row of the outbox. Out: the record that it becomes, encoded as its topic asks. */
import type { EventType } from '../../../libs/domain/event/event-type.ts';
import type { WebhookDefinition } from '../../../libs/domain/webhook/webhook.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { OutboxRecord } from '../../../libs/postgres/outbox/outbox-store.ts';
import { topics } from '../../../libs/wire/topics.ts';
import type { ApiCodecs, TopicNames } from '../api-codecs.ts';

const noticeContentType = 'application/cloudevents+json; charset=utf-8';

/** @throws when the row has no topic of ours or its value does not fit the schema */
export function outboxRecord(row: OutboxRecord, codecs: ApiCodecs, topicNames: TopicNames): OutgoingRecord {
  const { key, value, headers } = row;
  switch (row.topic) {
    case topics.definitions.name: {
      const encoded = value === null ? null : codecs.definitions.encode(value as WebhookDefinition);
      return { topic: topicNames.of(topics.definitions), key, value: encoded, headers };
    }
    case topics.eventTypes.name: {
      const encoded = value === null ? null : codecs.eventTypes.encode(value as EventType);
      return { topic: topicNames.of(topics.eventTypes), key, value: encoded, headers };
    }
    case topics.notices.name: {
      const encoded = Buffer.from(JSON.stringify(value));
      return {
        topic: topicNames.of(topics.notices),
        key,
        value: encoded,
        headers: { 'content-type': noticeContentType, ...headers },
      };
    }
    default:
      throw new Error(`the outbox has a row for the topic ${row.topic}`);
  }
}
