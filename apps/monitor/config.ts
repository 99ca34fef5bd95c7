/** The configuration that the monitor reads. */
import {
  connectionKeys,
  databaseKeys,
  eventKeys,
  httpKeys,
  monitorKeys,
  registryKeys,
} from '../../libs/runtime/config-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';

export const monitorConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...databaseKeys,
  AUTO_DEACTIVATION_ENABLED: monitorKeys.AUTO_DEACTIVATION_ENABLED,
  AUTO_DEACTIVATION_FAILURE_THRESHOLD: monitorKeys.AUTO_DEACTIVATION_FAILURE_THRESHOLD,
  AUTO_DEACTIVATION_MIN_MINUTES: monitorKeys.AUTO_DEACTIVATION_MIN_MINUTES,
  HISTORY_RETENTION_DAYS: eventKeys.HISTORY_RETENTION_DAYS,
  ...httpKeys(3005),
} as const;

export type MonitorConfig = ConfigOf<typeof monitorConfig>;
