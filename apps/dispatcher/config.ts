/** The configuration that the dispatcher reads. */
import { connectionKeys, httpKeys, registryKeys, signatureKeys } from '../../libs/runtime/config-keys.ts';
import { egressKeys } from '../../libs/runtime/egress-keys.ts';
import { retryKeys } from '../../libs/runtime/retry-keys.ts';
import { egressProxyKeys } from '../../libs/runtime/egress-proxy-keys.ts';
import { dispatchKeys } from '../../libs/runtime/dispatch-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';

export const dispatcherConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...egressKeys,
  ...egressProxyKeys,
  ...signatureKeys,
  ...dispatchKeys,
  DELIVERY_MAX_AGE_HOURS: retryKeys.DELIVERY_MAX_AGE_HOURS,
  REFUSAL_GRACE_MINUTES: retryKeys.REFUSAL_GRACE_MINUTES,
  RETRY_AFTER_MAX_MINUTES: retryKeys.RETRY_AFTER_MAX_MINUTES,
  RETRY_AFTER_ORDERED_MAX_MINUTES: retryKeys.RETRY_AFTER_ORDERED_MAX_MINUTES,
  ...tracingKeys,
  ...httpKeys(3002),
} as const;

export type DispatcherConfig = ConfigOf<typeof dispatcherConfig>;
