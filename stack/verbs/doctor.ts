/** `npm run doctor`: what is wrong with a system that runs, and what to do. */
import { appUrls, examine } from '../doctor/examination.ts';
import { exitStatusOf, reportLines, trouble, worstOf } from '../../libs/domain/system/finding.ts';
import { keptKeys, presentEnvironment } from '../local-access.ts';
import { runVerb } from '../run-verb.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'doctor',
  summary: `Examines the system that the environment names, or the one of a running npm start: configuration, Kafka, topics,
groups and their lag, schemas, database and migrations, clocks, keys, egress rules, apps. Says what is wrong and what to do.`,
  flags: {
    '--json': 'prints the findings as JSON',
    '--apps=': 'where the apps are, such as http://{app}:{port}; default: http://127.0.0.1:{port}',
  },
  notes: ['Ends with 0 when there is nothing to do, 1 after a warning, 2 after an error. Changes nothing.'],
};

const nothingHere = trouble(
  'configuration',
  'error',
  'the environment has no ENCRYPTION_KEYS, and npm start was never run here, which makes some',
  'give it the environment of the apps that it is to examine, or start them here',
);

await runVerb(verb, async ({ flags, values }) => {
  const urls = appUrls(values.get('--apps=') ?? 'http://127.0.0.1:{port}');
  const env = presentEnvironment(keptKeys);
  const findings = env['ENCRYPTION_KEYS'] === '' ? [nothingHere] : await examine(env, urls);
  if (flags.has('--json')) say(JSON.stringify({ worst: worstOf(findings), findings }, null, 2));
  else for (const line of reportLines(findings)) say(line);
  return exitStatusOf(findings);
});
