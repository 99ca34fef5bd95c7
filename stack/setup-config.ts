/** The configuration that setup reads. */
import { fanoutConfig } from '../apps/fanout/config.ts';
import { connectionKeys, databaseKeys, registryKeys, topicKeys } from '../libs/runtime/config-keys.ts';
import { platformKafkaKeys } from '../libs/runtime/platform-kafka-keys.ts';
import type { ConfigOf } from '../libs/runtime/config.ts';

export const setupConfig = {
  ...connectionKeys,
  ...platformKafkaKeys,
  ...registryKeys,
  ...databaseKeys,
  ...topicKeys,
  PLATFORM_TOPICS: fanoutConfig.PLATFORM_TOPICS,
} as const;

export type SetupConfig = ConfigOf<typeof setupConfig>;
