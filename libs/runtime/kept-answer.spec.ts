import { expect, test } from '@jest/globals';
import { KeptAnswer } from './kept-answer.ts';

function keptFor(keptMs: number) {
  let now = 0;
  const asked: PromiseWithResolvers<number>[] = [];
  const kept = new KeptAnswer(
    () => {
      const question = Promise.withResolvers<number>();
      asked.push(question);
      return question.promise;
    },
    keptMs,
    () => now,
  );
  return {
    kept,
    asked,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('all who ask while it is being asked share one question, however long it takes', async () => {
  const { kept, asked, pass } = keptFor(10);
  const first = kept.get();
  pass(1_000);
  const second = kept.get();
  asked[0]?.resolve(7);
  expect([await first, await second, asked.length]).toEqual([7, 7, 1]);
});

test('an answer is good for its time from when it came', async () => {
  const { kept, asked, pass } = keptFor(10);
  const first = kept.get();
  pass(100);
  asked[0]?.resolve(1);
  await first;
  pass(9);
  expect([await kept.get(), asked.length]).toEqual([1, 1]);
  pass(1);
  const later = kept.get();
  asked[1]?.resolve(2);
  expect([await later, asked.length]).toEqual([2, 2]);
});

test('a failure is not asked again at once either', async () => {
  const { kept, asked, pass } = keptFor(10);
  const first = kept.get();
  asked[0]?.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await expect(kept.get()).rejects.toThrow('away');
  expect(asked).toHaveLength(1);
  pass(10);
  const later = kept.get();
  asked[1]?.resolve(2);
  expect(await later).toBe(2);
});
