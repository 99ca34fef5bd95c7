import { expect, test } from '@jest/globals';
import { visibleParts, visibleText } from './visible-text.ts';

test.each([
  ['plain text, ünïcode 😀 and\ttabs\nlines', 'plain text, ünïcode 😀 and\ttabs\nlines'],
  ['abc\u202edcba', 'abc\\u202edcba'],
  ['\u001b[31mred', '\\u001b[31mred'],
  ['zero\u200bwidth', 'zero\\u200bwidth'],
  ['lone \ud800 surrogate', 'lone \\ud800 surrogate'],
  ['soft\u00adhyphen', 'soft\\u00adhyphen'],
  ['paid\u{e0041}\u{e0042}\u{e007f}', 'paid\\u{e0041}\\u{e0042}\\u{e007f}'],
  ['a\ufe01b\u{e0100}c\u2066d\u2069\u200e\u061c', 'a\\ufe01b\\u{e0100}c\\u2066d\\u2069\\u200e\\u061c'],
  ['❤\ufe0f and x\ufe0f', '❤\ufe0f and x\\ufe0f'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
  expect(
    visibleParts(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(shown);
});

test('a mark is told from the same letters typed', () => {
  expect(visibleParts('\\u202e\u202e')).toEqual([
    { text: '\\u202e', isMark: false },
    { text: '\\u202e', isMark: true },
  ]);
});
