import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { UnknownKeys } from './unknown-keys.ts';

const address = '192.0.2.7';

/** Keys of which the ones in `good` are there, and which were looked up. */
function keysWith(good: readonly string[] = [], limit = { perSecond: 1, burst: 3 }) {
  let now = 0;
  const there = new Set(good);
  const asked: string[] = [];
  const limited: number[] = [];
  const keys = new UnknownKeys({ ...limit, now: () => now, onLimited: () => limited.push(now) });
  return {
    there,
    asked,
    limited,
    look: (hash: string, from: string | null = address) =>
      keys.look(hash, from, () => {
        asked.push(hash);
        return Promise.resolve(there.has(hash) ? hash : null);
      }),
    pass: (ms: number) => {
      now += ms;
    },
    keys,
  };
}

const numbered = (count: number, name = 'k') => Array.from({ length: count }, (_, index) => `${name}${index}`);

test('a key that is not there is looked up once in half a minute', async () => {
  const { look, asked, pass } = keysWith();
  for (let time = 0; time < 10; time += 1) expect(await look('a')).toBeNull();
  expect(asked).toEqual(['a']);
  pass(30_000);
  await look('a');
  expect(asked).toEqual(['a', 'a']);
});

test('different ones are limited by address, and refused without being looked up', async () => {
  const { look, asked, limited, pass } = keysWith();
  for (const hash of numbered(3)) expect(await look(hash)).toBeNull();
  await expect(look('k3')).rejects.toMatchObject({ code: 'rate_limited', retryAfterS: 1 });
  expect([asked.length, limited.length]).toEqual([3, 1]);
  expect(await look('k4', '192.0.2.8')).toBeNull();
  pass(1_000);
  expect(await look('k5')).toBeNull();
});

test('keys that are there use nothing up, and are looked up each time: one that is revoked is refused at once', async () => {
  const { look, asked, there } = keysWith(numbered(50));
  for (const hash of [...numbered(50), ...numbered(50)]) expect(await look(hash)).toBe(hash);
  expect(asked).toHaveLength(100);
  there.delete('k7');
  expect(await look('k7')).toBeNull();
});

test('a key that was good passes while its address is over the limit', async () => {
  const { look } = keysWith(['good']);
  await look('good');
  for (const hash of numbered(3)) await look(hash);
  await expect(look('other')).rejects.toMatchObject({ code: 'rate_limited' });
  expect(await look('good')).toBe('good');
  // Asked by the process itself, for a stream that is open.
  expect(await look('another', null)).toBeNull();
});

test('few lookups of strangers are under way at once, the rest wait in their order, and not without end', async () => {
  const { keys } = keysWith([], { perSecond: 0, burst: 1 });
  const underWay: PromiseWithResolvers<null>[] = [];
  const find = () => {
    const question = Promise.withResolvers<null>();
    underWay.push(question);
    return question.promise;
  };
  const answers = numbered(502).map((hash) => keys.look(hash, address, find));
  await setImmediate();
  expect(underWay).toHaveLength(2);
  await expect(keys.look('one too many', address, find)).rejects.toMatchObject({ code: 'rate_limited' });
  for (let done = 0; done < 502; done += 1) {
    underWay[done]?.resolve(null);
    await setImmediate();
    expect(underWay.length).toBe(Math.min(502, done + 3));
  }
  expect(await Promise.all(answers)).toEqual(answers.map(() => null));
});

test('a lookup that fails uses nothing up and says nothing of the key', async () => {
  const { keys, look } = keysWith(['a']);
  for (let time = 0; time < 5; time += 1) {
    await expect(keys.look('a', address, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  }
  expect(await look('a')).toBe('a');
});

test('what is remembered is bounded', async () => {
  const { look, asked } = keysWith([], { perSecond: 0, burst: 1 });
  for (const hash of numbered(10_001)) await look(hash);
  asked.length = 0;
  await look('k0');
  await look('k10000');
  expect(asked).toEqual(['k0']);
});
