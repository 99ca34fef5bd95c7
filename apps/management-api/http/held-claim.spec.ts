import { expect, test } from '@jest/globals';
import { heldUntilSettled } from './held-claim.ts';

function claim() {
  const calls: string[] = [];
  const say = (name: string) => () => {
    calls.push(name);
    return Promise.resolve();
  };
  return { calls, renew: say('renew'), taken: say('taken'), notTaken: say('notTaken') };
}

test('a claim goes on until it is known what came of its work', async () => {
  const held = claim();
  const work = Promise.withResolvers<undefined>();
  const done = heldUntilSettled(work.promise, held, 1);
  while (held.calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  work.resolve(undefined);
  await done;
  expect(new Set(held.calls.slice(0, -1))).toEqual(new Set(['renew']));
  expect(held.calls.at(-1)).toBe('taken');
});

test('work that was not done is given free', async () => {
  const held = claim();
  await heldUntilSettled(Promise.reject(new Error('refused')), held);
  expect(held.calls).toEqual(['notTaken']);
});

test('a database that is away ends nothing', async () => {
  const away = () => Promise.reject(new Error('away'));
  const work = new Promise<void>((resolve) => setTimeout(resolve, 5));
  await heldUntilSettled(work, { renew: away, taken: away, notTaken: away }, 1);
});
