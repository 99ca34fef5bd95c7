/** The configuration that the projector reads. */
import { connectionKeys, databaseKeys, httpKeys, registryKeys } from '../../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

export const projectorConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...databaseKeys,
  ...tracingKeys,
  ...httpKeys(3004),
} as const;

export type ProjectorConfig = ConfigOf<typeof projectorConfig>;
