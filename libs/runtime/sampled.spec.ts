import { expect, test } from '@jest/globals';
import { Sampled } from './sampled.ts';

const settled = () => new Promise(setImmediate);

function sampledFrom(answers: (() => Promise<number>)[]) {
  let now = 0;
  let asked = 0;
  const waits: number[] = [];
  const failures: unknown[] = [];
  let next: (() => void) | null = null;
  const sampled = new Sampled({
    read: () => {
      asked += 1;
      return answers.shift()?.() ?? Promise.reject(new Error('no more'));
    },
    everyMs: 1_000,
    onFailure: (error) => failures.push(error),
    now: () => now,
    later: (work, ms) => {
      waits.push(ms);
      next = work;
      return () => (next = null);
    },
  });
  return {
    sampled,
    waits,
    failures,
    asked: () => asked,
    pass: (ms: number) => (now += ms),
    again: async () => {
      next?.();
      await settled();
    },
  };
}

const one = () => Promise.resolve(1);

test('it is read in its own pace, and looking at it reads nothing', async () => {
  const { sampled, waits, asked, again } = sampledFrom([one, () => Promise.resolve(2)]);
  sampled.start();
  expect(sampled.value).toBeNull();
  await settled();
  for (let times = 0; times < 100; times += 1) expect(sampled.value).toBe(1);
  expect([asked(), waits]).toEqual([1, [1_000]]);
  await again();
  expect([sampled.value, asked()]).toEqual([2, 2]);
});

test('what takes long to read is read less often', async () => {
  const world = sampledFrom([
    () => {
      world.pass(4_000);
      return one();
    },
  ]);
  world.sampled.start();
  await settled();
  expect(world.waits).toEqual([80_000]);
});

test('what cannot be read is not known any more, until it can', async () => {
  const gone = new Error('gone');
  const { sampled, failures, again } = sampledFrom([one, () => Promise.reject(gone), one]);
  sampled.start();
  await settled();
  await again();
  expect([sampled.value, failures]).toEqual([null, [gone]]);
  await again();
  expect(sampled.value).toBe(1);
});

test('once stopped it reads and says nothing', async () => {
  const { sampled, asked, failures, again } = sampledFrom([() => Promise.reject(new Error('closed'))]);
  sampled.start();
  sampled.stop();
  await settled();
  await again();
  expect([asked(), failures]).toEqual([1, []]);
});
