import { expect, test } from '@jest/globals';
import { streamPositionOf, streamPositionText, toldUntilOf, withinReach } from './stream-position.ts';

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

test('an id may say until when all was passed on, beside the same position', () => {
  const position = new Map([
    [0, 46],
    [1, 35],
  ]);
  const text = streamPositionText(position, 1_764_000_000_123.7);
  expect(text).toBe('0-1a.1-z.zzzzzz-midc1z7f');
  expect([streamPositionOf(text), toldUntilOf(text)]).toEqual([position, 1_764_000_000_123]);
  expect([toldUntilOf('0-1a.1-z'), toldUntilOf('none'), streamPositionOf('zzzzzz-1')]).toEqual([null, null, null]);
});

test('an id of the very beginning says that nothing was passed on', () => {
  expect(['0-0', '0-0.1-0', '0-0.1-1', '0-0.zzzzzz-midc1z7f'].map(toldUntilOf)).toEqual([
    0,
    0,
    null,
    1_764_000_000_123,
  ]);
  expect(streamPositionText(new Map([[0, 7]]), 0)).toBe('0-7.zzzzzz-0');
});

test('beyond the reach, each partition is left with its part of what is newest', () => {
  const from = new Map([
    [0, 0],
    [1, 1_000],
    [2, 7],
  ]);
  const live = new Map([
    [0, 9_000],
    [1, 2_000],
    [2, 7],
  ]);
  expect(withinReach(from, live, 10_000)).toBe(from);
  expect(withinReach(from, live, 1_000)).toEqual(
    new Map([
      [0, 8_100],
      [1, 1_900],
      [2, 7],
    ]),
  );
});
