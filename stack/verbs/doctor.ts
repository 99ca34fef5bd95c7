/** `npm run doctor`: what is wrong with a system that runs, and what to do. */
import { appUrls, examine } from '../doctor/examination.ts';
import { examineDisk } from '../doctor/disk.ts';
import { exitStatusOf, inOrder, reportLines, trouble, worstOf } from '../../libs/domain/system/finding.ts';
import { keptKeys, runningEnvironment } from '../local-access.ts';
import { dataFolder } from '../repository.ts';
import { runVerb } from '../run-verb.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'doctor',
  summary: `Examines the system that the environment names, or the one of a running npm start with the settings it was given:
configuration, disk, Kafka, schemas, database and migrations, topics, definitions, clocks, keys, egress rules, apps and their lag.
Says the worst first, and below each finding what to do.`,
  flags: {
    '--json': 'prints the findings as JSON',
    '--apps=': 'where the apps are, such as http://{app}:{port}; default: http://127.0.0.1:{port}',
  },
  notes: ['Exits with 0 if there is nothing to do, 1 after a warning, 2 after an error. Changes nothing.'],
};

const nothingHere = trouble(
  'configuration',
  'error',
  'the environment has no ENCRYPTION_KEYS, and npm start, which makes them, was never run here',
  'set the environment of the apps to examine, or run npm start here',
);

await runVerb(verb, async ({ flags, values }) => {
  const urls = appUrls(values.get('--apps=') ?? 'http://127.0.0.1:{port}');
  const env = runningEnvironment(keptKeys);
  const findings =
    env['ENCRYPTION_KEYS'] === ''
      ? [nothingHere]
      : inOrder([...examineDisk(dataFolder), ...(await examine(env, urls))]);
  if (flags.has('--json')) say(JSON.stringify({ worst: worstOf(findings), findings }, null, 2));
  else for (const line of reportLines(findings)) say(line);
  return exitStatusOf(findings);
});
