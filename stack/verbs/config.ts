/** `npm run config`: what each app would run with now. */
import { dispatcherConfig } from '../../apps/dispatcher/config.ts';
import { fanoutConfig } from '../../apps/fanout/config.ts';
import { managementApiConfig } from '../../apps/management-api/config.ts';
import { monitorConfig } from '../../apps/monitor/config.ts';
import { projectorConfig } from '../../apps/projector/config.ts';
import { retrySchedulerConfig } from '../../apps/retry-scheduler/config.ts';
import { readConfig, type ConfigSpec } from '../../libs/runtime/config.ts';
import { appNames, appPorts, type AppName } from '../apps.ts';
import { presentEnvironment } from '../local-access.ts';
import { runVerb } from '../run-verb.ts';
import { configLines } from '../shown-config.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'config',
  summary: 'Prints the effective configuration of every app, secrets masked. * marks what is no default of the app.',
  flags: {},
};

const specs: Readonly<Record<AppName, ConfigSpec>> = {
  'management-api': managementApiConfig,
  fanout: fanoutConfig,
  dispatcher: dispatcherConfig,
  'retry-scheduler': retrySchedulerConfig,
  projector: projectorConfig,
  monitor: monitorConfig,
};

await runVerb(verb, () => {
  const env = presentEnvironment();
  const apps = appNames.map((app) => ({ app, spec: specs[app], env: { ...env, HTTP_PORT: String(appPorts[app]) } }));
  for (const line of configLines(apps)) say(line);
  // After the list, so that what is wrong can be compared with it.
  for (const { spec, env: appEnv } of apps) readConfig(spec, appEnv);
  return Promise.resolve();
});
