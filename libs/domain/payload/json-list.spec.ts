import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementTexts } from './json-list.ts';

function parsed(text: string): unknown[] {
  return [...elementTexts(text)].map((element) => JSON.parse(element) as unknown);
}

describe('the elements of a list', () => {
  test('are those that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (list, space) => {
        const text = JSON.stringify(list, null, space);
        expect(parsed(` ${text}\n`)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ['[]', 0],
    [' [ \n] ', 0],
    ['["a]", "b\\"]", "\\\\"]', 3],
    ['[[1,2],[3]]', 2],
  ])('%p', (text, count) => {
    expect(parsed(text)).toHaveLength(count);
  });

  test.each([
    '',
    '{}',
    '1',
    '[',
    '[1',
    '["]',
    '[1]]',
    '[1] x',
    '[1,]',
    '[,]',
    '[,1]',
    '[1,,2]',
    '[1}',
    '[{]',
    '[1 2]',
    '["a" ,]',
  ])('%p is refused, here or by its element', (text) => {
    expect(() => parsed(text)).toThrow(SyntaxError);
  });
});
