import { expect, test } from '@jest/globals';
import { Intention } from './intention.ts';

function counted(): Intention {
  let last = 0;
  return new Intention(() => `key-${(last += 1)}`);
}

test('what is tried again has the same key, what is done again another one', () => {
  const intention = counted();
  expect([intention.keyFor({ url: 'a' }), intention.keyFor({ url: 'a' })]).toEqual(['key-1', 'key-1']);
  intention.done();
  expect(intention.keyFor({ url: 'a' })).toBe('key-2');
});

test('a form that was changed after an answer that never came is another intention', () => {
  const intention = counted();
  expect([intention.keyFor({ url: 'a' }), intention.keyFor({ url: 'b' })]).toEqual(['key-1', 'key-2']);
  expect([intention.keyFor(undefined), intention.keyFor(undefined)]).toEqual(['key-3', 'key-3']);
});
