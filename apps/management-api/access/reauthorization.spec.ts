import { afterEach, expect, jest, test } from '@jest/globals';
import { ProblemError } from '../http/problem-error.ts';
import { Reauthorization } from './reauthorization.ts';

afterEach(() => {
  jest.useRealTimers();
});

test('what was opened with a key that is good no longer ends; a key is asked about once, and a database that is away says nothing', async () => {
  jest.useFakeTimers();
  const asked: (string | undefined)[] = [];
  const ended: string[] = [];
  let failure: Error | null = null;
  const reauthorization = new Reauthorization({
    authorize: (authorization) => {
      asked.push(authorization);
      return authorization === 'bad' && failure !== null ? Promise.reject(failure) : Promise.resolve();
    },
  });
  reauthorization.watch('good', () => ended.push('good'));
  const stop = reauthorization.watch('bad', () => ended.push('left'));
  for (const name of ['first', 'second']) reauthorization.watch('bad', () => ended.push(name));
  stop();
  await jest.advanceTimersByTimeAsync(2_000);
  expect([asked, ended]).toEqual([['good', 'bad'], []]);
  failure = new Error('away');
  await jest.advanceTimersByTimeAsync(2_000);
  expect(ended).toEqual([]);
  failure = new ProblemError('unauthenticated');
  await jest.advanceTimersByTimeAsync(2_000);
  expect(ended).toEqual(['first', 'second']);
  reauthorization.close();
  asked.length = 0;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual([]);
});
