/** `npm run republish-definitions`: fills webhook.definitions and webhook.event-types from PostgreSQL. */
import { StackFailure, Stopped } from '../failure.ts';
import { keptKeys, runningEnvironment } from '../local-access.ts';
import { republishDefinitions } from '../republish-definitions.ts';
import { runVerb } from '../run-verb.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'republish-definitions',
  summary: `Compares webhook.definitions and webhook.event-types with PostgreSQL and writes what differs again, through the outbox:
for when Kafka was lost or its topics were made anew. May be stopped and run again. management-api has to run: it publishes.`,
  flags: {
    '--dry-run': 'shows what differs and changes nothing',
    '--all': 'writes unchanged records as well',
  },
  notes: [
    'Exits with 0 if the topics say what the database says, 1 if something is left to do, also after --dry-run.',
    'docs/operations.md has the whole recipe: "Kafka was lost".',
  ],
};

const namedMax = 5;

await runVerb(verb, async ({ flags, signal }) => {
  const isDryRun = flags.has('--dry-run');
  let differing = 0;
  let lastWaiting = 0;
  const result = await republishDefinitions(runningEnvironment(keptKeys), {
    isDryRun,
    isAll: flags.has('--all'),
    signal,
    onCompared: (comparisons) => {
      for (const { topic, same, missing, different, ghosts } of comparisons) {
        differing += missing.length + different.length + ghosts.length;
        say(`  ${topic}: ${same.length} the same${told('missing', missing)}${told('different', different)}`);
        if (ghosts.length > 0)
          say(`    to be deleted on Kafka, as the database does not have them${told('ghosts', ghosts)}`);
      }
    },
    onWritten: (done, total) => {
      say(`… ${done} of ${total} in the outbox`);
    },
    onWaiting: (count) => {
      if (count !== lastWaiting) say(`… ${count} to be published`);
      lastWaiting = count;
    },
  });
  if (isDryRun) return differing === 0 ? 0 : 1;
  if (result.isStopped) {
    say('Stopped: run it again to go on.');
    throw new Stopped();
  }
  if (result.waiting > 0) {
    throw new StackFailure(
      `${result.waiting} records wait in the outbox and no process publishes them: start management-api, which does.`,
    );
  }
  say(`✓ ${result.written} records published again`);
  return 0;
});

function told(what: string, keys: readonly string[]): string {
  if (keys.length === 0) return '';
  const more = keys.length > namedMax ? ', …' : '';
  return `, ${keys.length} ${what} (${keys.slice(0, namedMax).join(', ')}${more})`;
}
