/** The configuration that fanout reads. */
import {
  connectionKeys,
  copyKeys,
  eventKeys,
  httpKeys,
  mappingKeys,
  registryKeys,
  topicKeys,
} from '../../libs/runtime/config-keys.ts';
import { topicsKey } from '../../libs/runtime/name-keys.ts';
import { platformKafkaKeys } from '../../libs/runtime/platform-kafka-keys.ts';
import { ownTopics, topics } from '../../libs/wire/topics.ts';
import { makeKey, type ConfigKey, type ConfigOf } from '../../libs/runtime/config.ts';
import { readMappings } from '../../libs/wire/mapping/mappings.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

const own = new Set(ownTopics.map(({ name }) => name));
const { description, default: usual } = topicKeys.PLATFORM_TOPICS;
/** With what fan-out writes itself it would turn in circles. */
const platformTopics: ConfigKey<readonly string[]> = {
  ...topicsKey({ description, default: usual ?? '' }, (item) =>
    own.has(item) ? `must not name ${item}, a topic of this system's own: leave it out` : null,
  ),
  // Records are known by topic, partition and offset: of two clusters no two topics may have one name.
  conflict: (items, others) =>
    Array.isArray(others['PLATFORM_KAFKA_BROKERS']) &&
    items.includes(`${String(others['TOPIC_PREFIX'])}${topics.platformEvents.name}`)
      ? `names ${topics.platformEvents.name}, and with PLATFORM_KAFKA_BROKERS a topic of that name is on the system's own cluster too: name the platform's, or set TOPIC_PREFIX`
      : null,
};

const mappings = makeKey({ description: mappingKeys.PLATFORM_MAPPINGS.description, default: '' }, (path) =>
  path === '' ? [] : readMappings(path),
);

export const fanoutConfig = {
  ...connectionKeys,
  ...platformKafkaKeys,
  ...registryKeys,
  ...eventKeys,
  PLATFORM_TOPICS: platformTopics,
  PLATFORM_MAPPINGS: mappings,
  ...copyKeys,
  ...tracingKeys,
  ...httpKeys(3001),
} as const;

export type FanoutConfig = ConfigOf<typeof fanoutConfig>;
