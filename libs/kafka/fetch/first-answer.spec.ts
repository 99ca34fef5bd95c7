import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { firstAnswer } from './first-answer.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

type Behaviour = 'answers' | 'fails' | 'is silent';

function asking(...behaviours: Behaviour[]) {
  const asked: number[] = [];
  const ask = (index: number) => {
    asked.push(index);
    if (behaviours[index] === 'answers') return Promise.resolve(index);
    if (behaviours[index] === 'fails') return Promise.reject(new Error(`${index} failed`));
    return new Promise<number>(() => undefined);
  };
  return { asked, answer: firstAnswer([...behaviours.keys()], ask, 300) };
}

test('one that answers is the only one asked', async () => {
  const { asked, answer } = asking('answers', 'answers');
  await expect(answer).resolves.toBe(0);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([0]);
});

test('the next is asked at once after a failure, and after a while of silence', async () => {
  const { asked, answer } = asking('fails', 'is silent', 'answers');
  await jest.advanceTimersByTimeAsync(299);
  expect(asked).toEqual([0, 1]);
  await jest.advanceTimersByTimeAsync(1);
  await expect(answer).resolves.toBe(2);
});

test('when all fail, it fails as the first did', async () => {
  const { answer } = asking('fails', 'fails');
  await expect(answer).rejects.toThrow('0 failed');
});

test('with nobody to ask it fails', async () => {
  await expect(asking().answer).rejects.toThrow('nobody');
});
