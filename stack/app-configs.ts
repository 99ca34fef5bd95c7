/** What each app reads, for those who look at the configuration of all. */
import { dispatcherConfig } from '../apps/dispatcher/config.ts';
import { fanoutConfig } from '../apps/fanout/config.ts';
import { managementApiConfig } from '../apps/management-api/config.ts';
import { monitorConfig } from '../apps/monitor/config.ts';
import { projectorConfig } from '../apps/projector/config.ts';
import { retrySchedulerConfig } from '../apps/retry-scheduler/config.ts';
import type { ConfigSpec } from '../libs/runtime/config.ts';
import type { AppName } from './apps.ts';

export const appConfigs: Readonly<Record<AppName, ConfigSpec>> = {
  'management-api': managementApiConfig,
  fanout: fanoutConfig,
  dispatcher: dispatcherConfig,
  'retry-scheduler': retrySchedulerConfig,
  projector: projectorConfig,
  monitor: monitorConfig,
};
