/** `npm run rotate-keys`: everything that is sealed comes under the first key of ENCRYPTION_KEYS. */
import { StackFailure, Stopped } from '../failure.ts';
import { runningEnvironment } from '../local-access.ts';
import { rotateKeys } from '../rotate-keys.ts';
import { runVerb } from '../run-verb.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'rotate-keys',
  summary:
    'Seals secrets, headers and TLS material of all webhooks again under the first key of ENCRYPTION_KEYS. May be stopped and run again.',
  flags: {},
};

const namedMax = 20;

await runVerb(verb, async ({ signal }) => {
  const result = await rotateKeys(runningEnvironment(), signal, ({ keyId, done, total }) => {
    if (total > 0) say(`… ${done} of ${total} webhooks under key ${keyId}`);
  });
  if (result.isStopped) {
    say(`Stopped after ${result.webhooks} webhooks: run it again to go on.`);
    throw new Stopped();
  }
  say(`✓ Under key ${result.keyId} now: ${result.webhooks} webhooks, ${result.answers} kept answers`);
  if (result.unopened.length > 0) {
    const named = result.unopened.slice(0, namedMax).join(', ');
    throw new StackFailure(
      `${result.unopened.length} webhooks are sealed by keys that ENCRYPTION_KEYS does not have (${named}): add those keys, or give the webhooks new secrets.`,
    );
  }
  say('  Their definitions go out through the outbox. When webhooks_outbox_waiting is 0, older keys may be removed.');
});
