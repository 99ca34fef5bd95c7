/** The configuration that the projector reads. */
import { connectionKeys, databaseKeys, eventKeys, httpKeys, registryKeys } from '../../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

export const projectorConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...databaseKeys,
  // What was rejected is masked before it is kept.
  SENSITIVE_FIELDS: eventKeys.SENSITIVE_FIELDS,
  ...tracingKeys,
  ...httpKeys(3004),
} as const;

export type ProjectorConfig = ConfigOf<typeof projectorConfig>;
