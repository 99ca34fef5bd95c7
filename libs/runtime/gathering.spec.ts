import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Gathering, GatheringFullError, type GatheringOptions } from './gathering.ts';

interface Batch {
  readonly questions: readonly string[];
  answer(): Promise<void>;
  fail(error: Error): Promise<void>;
}

const someone = new Error('somebody is at fault');

function gathering(options: Partial<GatheringOptions<string, string>> = {}) {
  const batches: Batch[] = [];
  const gathered = new Gathering<string, string>({
    weightMax: 10,
    isOfOne: (error) => error === someone,
    lateMs: 60_000,
    ask: (questions) => {
      const { promise, resolve, reject } = Promise.withResolvers<string[]>();
      const settled = async (settle: () => void) => {
        settle();
        // What is asked next begins in a later turn.
        for (let turns = 0; turns < 3; turns += 1) await turn();
      };
      batches.push({
        questions,
        answer: () =>
          settled(() => {
            resolve(questions.map((question) => `${question}!`));
          }),
        fail: (error) =>
          settled(() => {
            reject(error);
          }),
      });
      return promise;
    },
    ...options,
  });
  return { batches, ask: (question: string, owner = 'one') => gathered.ask(owner, question) };
}

test('a lonely question is asked in the same turn, alone', async () => {
  const { batches, ask } = gathering();
  const answer = ask('a');
  await turn();
  expect(batches.map(({ questions }) => questions)).toEqual([['a']]);
  await batches[0]?.answer();
  expect(await answer).toBe('a!');
  expect(batches).toHaveLength(1);
});

test('what comes while a batch is under way is the next one, and everybody gets his own answer', async () => {
  const { batches, ask } = gathering();
  const answers = [ask('a')];
  await turn();
  answers.push(ask('b'), ask('c'));
  await turn();
  answers.push(ask('d'));
  expect(batches).toHaveLength(1);
  await batches[0]?.answer();
  expect(batches[1]?.questions).toEqual(['b', 'c', 'd']);
  await batches[1]?.answer();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!', 'd!']);
});

test('owners take turns, and a heavy question is neither passed for ever nor cut', async () => {
  const { batches, ask } = gathering({ weightMax: 3, weightOf: (question) => question.length });
  const all = ['1', '2', '3', '4'].map((question) => ask(question, 'many'));
  all.push(ask('x', 'few'), ask('heavy', 'large'));
  await turn();
  expect(batches[0]?.questions).toEqual(['1', 'x']);
  await batches[0]?.answer();
  expect(batches[1]?.questions).toEqual(['heavy']);
  await batches[1]?.answer();
  expect(batches[2]?.questions).toEqual(['2', '3', '4']);
  await batches[2]?.answer();
  expect(await Promise.all(all)).toHaveLength(6);
});

test('two of one name are asked one after the other', async () => {
  const { batches, ask } = gathering({ namesOf: (question) => [question.slice(0, 1)] });
  void ask('a1');
  void ask('a2');
  void ask('b', 'other');
  await turn();
  expect(batches[0]?.questions).toEqual(['a1', 'b']);
  await batches[0]?.answer();
  expect(batches[1]?.questions).toEqual(['a2']);
});

test('a batch that fails for one fails nobody else; one that fails for all is not asked again', async () => {
  const { ask } = gathering({
    ask: (questions) =>
      questions.includes('bad')
        ? Promise.reject(someone)
        : Promise.resolve(questions.map((question) => `${question}!`)),
  });
  const settled = await Promise.allSettled(['a', 'b', 'bad', 'c', 'd'].map((question) => ask(question)));
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as unknown)))).toEqual([
    'a!',
    'b!',
    someone,
    'c!',
    'd!',
  ]);
  const away = new Error('the database is away');
  const { batches, ask: askAway } = gathering();
  const both = Promise.allSettled([askAway('a'), askAway('b')]);
  await turn();
  await batches[0]?.fail(away);
  expect((await both).map((one) => one.status === 'rejected' && (one.reason as unknown))).toEqual([away, away]);
  expect(batches).toHaveLength(1);
});

test('a batch that takes long holds up nobody else, and no more than so many are under way', async () => {
  const { batches, ask } = gathering({ lateMs: 1, batchesMax: 2 });
  const stuck = ask('stuck');
  await turn();
  const next = ask('next');
  while (batches.length < 2) await pause(1);
  const third = ask('third');
  await pause(10);
  expect(batches.map(({ questions }) => questions)).toEqual([['stuck'], ['next']]);
  await batches[1]?.answer();
  expect(batches[2]?.questions).toEqual(['third']);
  await Promise.all([batches[0]?.answer(), batches[2]?.answer()]);
  expect(await Promise.all([stuck, next, third])).toEqual(['stuck!', 'next!', 'third!']);
});

test('no more waits than so much', async () => {
  const { batches, ask } = gathering({ waitingMax: 2 });
  const kept = [ask('a'), ask('b')];
  await expect(ask('c')).rejects.toBeInstanceOf(GatheringFullError);
  await turn();
  await batches[0]?.answer();
  expect(await Promise.all(kept)).toEqual(['a!', 'b!']);
});

test('an owner whose questions fill the room keeps out nobody who has none there', async () => {
  const { batches, ask } = gathering({ waitingMax: 2 });
  const kept = [ask('a', 'many'), ask('b', 'many')];
  await expect(ask('c', 'many')).rejects.toBeInstanceOf(GatheringFullError);
  kept.push(ask('x', 'few'));
  await expect(ask('y', 'few')).rejects.toBeInstanceOf(GatheringFullError);
  kept.push(ask('z', 'another'));
  await expect(ask('w', 'a third')).rejects.toBeInstanceOf(GatheringFullError);
  await turn();
  expect(batches[0]?.questions).toEqual(['a', 'x', 'z', 'b']);
  await batches[0]?.answer();
  expect(await Promise.all(kept)).toHaveLength(4);
});

test('a batch runs in nobody’s context', async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const { ask } = gathering({
    ask: (questions) => {
      seen.push(context.getStore());
      return Promise.resolve(questions);
    },
  });
  await context.run('a transaction', () => ask('a'));
  expect(seen).toEqual([undefined]);
});
