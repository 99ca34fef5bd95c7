/** The configuration that the dispatcher reads. */
import {
  connectionKeys,
  egressKeys,
  httpKeys,
  registryKeys,
  retryKeys,
  signatureKeys,
} from '../../libs/runtime/config-keys.ts';
import { dispatchKeys } from '../../libs/runtime/dispatch-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

export const dispatcherConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...egressKeys,
  ...signatureKeys,
  ...dispatchKeys,
  DELIVERY_MAX_AGE_HOURS: retryKeys.DELIVERY_MAX_AGE_HOURS,
  ...tracingKeys,
  ...httpKeys(3002),
} as const;

export type DispatcherConfig = ConfigOf<typeof dispatcherConfig>;
