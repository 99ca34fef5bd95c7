import { expect, test } from '@jest/globals';
import { KeptTexts } from './kept-texts.ts';

test('texts are kept within their bytes, those asked for last for longest', () => {
  const texts = new KeptTexts(10);
  const of = (length: number) => Buffer.alloc(length);
  texts.keep('a', of(4));
  texts.keep('b', of(4));
  expect(texts.find('a')?.length).toBe(4);
  texts.keep('c', of(4));
  expect(['a', 'b', 'c'].map((digest) => texts.find(digest)?.length)).toEqual([4, undefined, 4]);
  texts.keep('a', of(6));
  expect(['a', 'c'].map((digest) => texts.find(digest)?.length)).toEqual([6, 4]);
  texts.keep('d', of(11));
  expect(['a', 'c', 'd'].map((digest) => texts.find(digest))).toEqual([null, null, null]);
});
