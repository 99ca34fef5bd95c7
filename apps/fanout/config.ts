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
import { ownTopics } from '../../libs/wire/topics.ts';
import { makeKey, type ConfigOf } from '../../libs/runtime/config.ts';
import { readMappings } from '../../libs/wire/mapping/mappings.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

const own = new Set(ownTopics.map(({ name }) => name));
const { description, default: usual } = topicKeys.PLATFORM_TOPICS;
/** With what fan-out writes itself it would turn in circles. */
const platformTopics = topicsKey({ description, default: usual ?? '' }, (item) =>
  own.has(item) ? `must not name ${item}, a topic of this system's own: leave it out` : null,
);

const mappings = makeKey({ description: mappingKeys.PLATFORM_MAPPINGS.description, default: '' }, (path) =>
  path === '' ? [] : readMappings(path),
);

export const fanoutConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...eventKeys,
  PLATFORM_TOPICS: platformTopics,
  PLATFORM_MAPPINGS: mappings,
  ...copyKeys,
  ...tracingKeys,
  ...httpKeys(3001),
} as const;

export type FanoutConfig = ConfigOf<typeof fanoutConfig>;
