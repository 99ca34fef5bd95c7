/** `npm run smoke`: one event through the running system, timed. */
import { StackFailure } from '../failure.ts';
import { adminApi, runningEnvironment } from '../local-access.ts';
import { runVerb } from '../run-verb.ts';
import { sendOneEvent } from '../smoke.ts';
import { say } from '../terminal.ts';

const verb = {
  name: 'smoke',
  summary: 'Sends one event through the running system and prints how long it took to the POST and to the history.',
  flags: {},
};

await runVerb(verb, async ({ signal }) => {
  const env = runningEnvironment();
  const admin = adminApi(env);
  if (admin === null) throw new StackFailure('ADMIN_API_KEY is empty: give the key of an admin.');
  const { toPostMs, toHistoryMs } = await sendOneEvent(env, admin, signal);
  say(`✓ to the POST:    ${toPostMs} ms (signature verified)`);
  say(`✓ to the history: ${toHistoryMs} ms (delivered)`);
});
