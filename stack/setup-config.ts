/** The configuration that setup reads. */
import { connectionKeys, databaseKeys, registryKeys, topicKeys } from '../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../libs/runtime/config.ts';

export const setupConfig = { ...connectionKeys, ...registryKeys, ...databaseKeys, ...topicKeys } as const;

export type SetupConfig = ConfigOf<typeof setupConfig>;
