/** The configuration that fanout reads. */
import { connectionKeys, eventKeys, httpKeys, registryKeys, topicKeys } from '../../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

export const fanoutConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...eventKeys,
  PLATFORM_TOPICS: topicKeys.PLATFORM_TOPICS,
  ...tracingKeys,
  ...httpKeys(3001),
} as const;

export type FanoutConfig = ConfigOf<typeof fanoutConfig>;
