/** `npm run app -- <name>`: one app alone, in the foreground, with the Node.js that belongs to it. */
import { spawn } from 'node:child_process';
import { allocatorEnvironment, nodeOptions } from '../app-process.ts';
import { appNames, appPorts, appScript } from '../apps.ts';
import { isSaid } from '../environment.ts';
import { StackFailure } from '../failure.ts';
import { keptKeys, runningEnvironment } from '../local-access.ts';
import { runVerb } from '../run-verb.ts';

const verb = {
  name: 'app',
  summary: `Runs one app in the foreground until Ctrl-C, as the image does: its log goes to the terminal, its exit status is that of
the app (78: the configuration is wrong). The environment names Kafka, the registry and PostgreSQL; what it does not name
is as npm start has it.`,
  flags: {
    'management-api': 'the API and the portal',
    fanout: 'makes deliveries of events',
    dispatcher: 'posts deliveries to endpoints',
    'retry-scheduler': 'sends failed deliveries again when they are due',
    projector: 'writes the history',
    monitor: 'health of webhooks, notices, housekeeping',
  },
  notes: ['For example: HTTP_PORT=3012 npm run app -- dispatcher, beside npm start: two dispatchers share the work.'],
};

await runVerb(verb, async ({ flags, signal }) => {
  const [app, ...others] = appNames.filter((name) => flags.has(name));
  if (app === undefined || others.length > 0) throw new StackFailure(`Name one app: ${appNames.join(', ')}.`);
  const env = runningEnvironment(keptKeys);
  const port = isSaid(env, 'HTTP_PORT') ? {} : { HTTP_PORT: String(appPorts[app]) };
  const child = spawn(process.execPath, [...nodeOptions, appScript(app)], {
    env: { ...allocatorEnvironment, ...env, ...port },
    // When this process dies in whatever way the channel closes, and the app drains and leaves.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A terminal sends Ctrl-C to all of a group: the app is told once, by this process.
    detached: true,
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
});
