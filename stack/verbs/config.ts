/** `npm run config`: what each app would run with now. */
import { appConfigs } from '../app-configs.ts';
import { appNames, portsOf } from '../apps.ts';
import { requireConfiguration } from '../configuration-problems.ts';
import { presentEnvironment } from '../local-access.ts';
import { runVerb } from '../run-verb.ts';
import { configLines } from '../config-lines.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'config',
  summary:
    'Prints the effective configuration of every app, secrets masked. * marks values other than the default of the app.',
  flags: {},
};

await runVerb(verb, () => {
  const env = presentEnvironment();
  const apps = appNames.map((app) => ({
    app,
    spec: appConfigs[app],
    env: { ...env, ...portsOf(app) },
  }));
  for (const line of configLines(apps)) say(line);
  // After the list, so that what is wrong can be compared with it.
  requireConfiguration(env);
  return Promise.resolve();
});
