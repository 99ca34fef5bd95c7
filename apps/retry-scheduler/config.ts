/** The configuration that the retry scheduler reads. */
import { connectionKeys, httpKeys, registryKeys } from '../../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';

export const retrySchedulerConfig = { ...connectionKeys, ...registryKeys, ...httpKeys(3003) } as const;

export type RetrySchedulerConfig = ConfigOf<typeof retrySchedulerConfig>;
