/** `npm run setup`: tables, topics, schemas on the servers that the environment names, or on those of a running start. */
import { join } from 'node:path';
import { createFileLogger } from '../file-logger.ts';
import { presentEnvironment } from '../local-access.ts';
import { dataFolder } from '../repository.ts';
import { runVerb } from '../run-verb.ts';
import { setUp } from '../setup.ts';
import { say, warn } from '../terminal.ts';

const verb = {
  name: 'setup',
  summary: 'Migrates the database, creates the topics and registers the schemas. What exists already is left as it is.',
  flags: {},
};

await runVerb(verb, async () => {
  const result = await setUp(presentEnvironment(), createFileLogger(join(dataFolder, 'logs', 'setup.log')));
  say(`✓ Migrations run now: ${listed(result.migrations)}`);
  say(`✓ Topics created now: ${listed(result.createdTopics)}`);
  say(`✓ Schemas registered: ${result.schemaCount}`);
  for (const problem of result.mismatched)
    warn(`Topic differs from the configuration and is left as it is: ${problem}`);
});

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
