import { expect, test } from '@jest/globals';
import { FreshToken, type Token } from './fresh-token.ts';

/** What is fetched, in turn; a number is a lifetime in milliseconds. */
function fresh(answers: readonly (number | Error)[]) {
  const state = { now: 0, fetched: 0 };
  const token = new FreshToken(
    () => {
      const answer = answers[state.fetched] ?? new Error('asked too often');
      state.fetched++;
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve<Token>({ value: `token-${state.fetched}`, lifetimeMs: answer });
    },
    () => state.now,
  );
  return { state, get: token.get };
}

test('those who ask at once share one fetch', async () => {
  const { state, get } = fresh([300_000]);
  expect(await Promise.all([get(), get(), get()])).toEqual(['token-1', 'token-1', 'token-1']);
  expect(state.fetched).toBe(1);
});

test.each([
  [3_600_000, 2_880_000],
  [300_000, 240_000],
  [60_000, 30_000],
  [10_000, 5_000],
])('of a lifetime of %i ms it is used for %i ms', async (lifetimeMs, usedMs) => {
  const { state, get } = fresh([lifetimeMs, lifetimeMs]);
  await get();
  state.now = usedMs - 1;
  expect(await get()).toBe('token-1');
  state.now = usedMs;
  expect(await get()).toBe('token-2');
});

test('a fetch that fails is no trouble while the token before it lasts', async () => {
  const down = new Error('down');
  const { state, get } = fresh([300_000, down, down, 300_000]);
  await get();
  state.now = 250_000;
  expect([await get(), await get()]).toEqual(['token-1', 'token-1']);
  expect(state.fetched).toBe(2);
  state.now = 296_000;
  await expect(get()).rejects.toThrow('down');
  state.now = 297_500;
  expect(await get()).toBe('token-4');
});

test('a fetch that fails is not made again within a second', async () => {
  const { state, get } = fresh([new Error('down'), 300_000]);
  await expect(get()).rejects.toThrow('down');
  state.now = 999;
  await expect(get()).rejects.toThrow('down');
  state.now = 1_000;
  expect(await get()).toBe('token-2');
});
