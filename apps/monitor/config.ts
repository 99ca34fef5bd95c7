/** The configuration that the monitor reads. */
import {
  connectionKeys,
  databaseKeys,
  eventKeys,
  httpKeys,
  mailKeys,
  monitorKeys,
  registryKeys,
} from '../../libs/runtime/config-keys.ts';
import { verificationKeys } from '../../libs/runtime/verification-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';

export const monitorConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...databaseKeys,
  ...monitorKeys,
  ...mailKeys,
  ...verificationKeys,
  HISTORY_RETENTION_DAYS: eventKeys.HISTORY_RETENTION_DAYS,
  ...httpKeys(3005),
} as const;

export type MonitorConfig = ConfigOf<typeof monitorConfig>;
