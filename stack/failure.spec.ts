import { expect, test } from '@jest/globals';
import { StackFailure, sentenceOf } from './failure.ts';

const refused = new Error('connect ECONNREFUSED ::1:9092');
const alsoRefused = new Error('connect ECONNREFUSED 127.0.0.1:9092');

test.each([
  [new StackFailure('Java is missing: install it.'), 'Java is missing: install it.'],
  [new Error('it broke'), 'it broke'],
  [new Error('it broke', { cause: new Error('no disk') }), 'it broke: no disk'],
  [new Error('away: no disk', { cause: new Error('no disk') }), 'away: no disk'],
  [new AggregateError([refused, alsoRefused]), 'connect ECONNREFUSED ::1:9092; connect ECONNREFUSED 127.0.0.1:9092'],
  [
    Object.assign(new Error('Topic creation errors'), {
      errors: [new Error('Replication-factor is invalid'), new Error('Replication-factor is invalid')],
    }),
    'Topic creation errors: Replication-factor is invalid',
  ],
  [Object.assign(new Error('write'), { code: 'ENOSPC' }), 'The disk is full: free some space and try again.'],
  ['a text', 'a text'],
])('%p is told as %p', (error, sentence) => {
  expect(sentenceOf(error)).toBe(sentence);
});
