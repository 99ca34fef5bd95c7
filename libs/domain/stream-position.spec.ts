import { expect, test } from '@jest/globals';
import { streamPositionOf, streamPositionText } from './stream-position.ts';

test.each([
  [new Map([[0, 0]]), '0-0'],
  [
    new Map([
      [1, 35],
      [0, 46],
    ]),
    '0-1a.1-z',
  ],
  [new Map([[40, 2 ** 53 - 1]]), '14-2gosa7pa2gv'],
])('%j is %s and back', (position, text) => {
  expect(streamPositionText(position)).toBe(text);
  expect(streamPositionOf(text)).toEqual(position);
});

test.each([
  '',
  '0',
  '0-',
  '-1',
  '0-1.',
  '0-1.0-2',
  '0-A',
  '0--1',
  '0-1 ',
  '0-zzzzzzzzzzz',
  `${'0-1.'.repeat(3000)}0-1`,
])('%j is no position', (text) => {
  expect(streamPositionOf(text)).toBeNull();
});
