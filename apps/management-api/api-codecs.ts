/** The values that the API writes to Kafka and reads from it, and the names of their topics here. */
import type { Registry } from '../../libs/wire/registry.ts';
import { topicName, topics, type TopicSpec } from '../../libs/wire/topics.ts';

/** Registers what is not registered yet. @throws when the registry is away */
export async function apiCodecs(registry: Registry) {
  const [definitions, eventTypes, events, deliveries, outcomes] = await Promise.all([
    registry.codec(topics.definitions),
    registry.codec(topics.eventTypes),
    registry.codec(topics.webhookEvents),
    registry.codec(topics.deliveries),
    registry.codec(topics.outcomes),
  ]);
  return { definitions, eventTypes, events, deliveries, outcomes };
}

export type ApiCodecs = Awaited<ReturnType<typeof apiCodecs>>;

/** Names of topics under TOPIC_PREFIX. */
export class TopicNames {
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  of(topic: TopicSpec): string {
    return topicName(this.prefix, topic);
  }
}
