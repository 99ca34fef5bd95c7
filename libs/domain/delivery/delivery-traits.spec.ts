import { expect, test } from '@jest/globals';
import { codeChoiceOf, countRangeOf } from './delivery-traits.ts';

test.each([
  ['3', [3, 3]],
  ['2..5', [2, 5]],
  ['2..', [2, 2_147_483_647]],
  ['..5', [0, 5]],
  ['0', [0, 0]],
  ['..', null],
  ['5..2', null],
  ['-1', null],
  ['1234567', null],
])('so many attempts: %s', (text, expected) => {
  const range = countRangeOf(text);
  expect(range === null ? null : [range.least, range.most]).toEqual(expected);
});

test('codes are chosen one by one, by hundreds, and where there is none', () => {
  expect(codeChoiceOf(['404', '5xx', 'none', '201'])).toEqual({ codes: [404, 201], classes: [5], isNone: true });
  expect(codeChoiceOf(['4xx'])).toEqual({ codes: [], classes: [4], isNone: false });
});
