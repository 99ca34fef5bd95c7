/** The configuration that setup reads. */
import { fanoutConfig } from '../apps/fanout/config.ts';
import { connectionKeys, databaseKeys, registryKeys, topicKeys } from '../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../libs/runtime/config.ts';

export const setupConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...databaseKeys,
  ...topicKeys,
  PLATFORM_TOPICS: fanoutConfig.PLATFORM_TOPICS,
} as const;

export type SetupConfig = ConfigOf<typeof setupConfig>;
