import { expect, test } from '@jest/globals';
import { fieldLines, printable, tableLines, textLines } from './printable.ts';

test.each([
  ['grüß dich 💥', 'grüß dich 💥'],
  ['a\tb', 'a\tb'],
  ['\u001b[31mred\u0007', '\\u001b[31mred\\u0007'],
  ['a\r\nb', 'a\\u000d\\u000ab'],
  ['\u009b2J', '\\u009b2J'],
  ['abc\u202edcba', 'abc\\u202edcba'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('columns are as wide as what is in them, orders to the terminal included', () => {
  expect(tableLines(['A', 'LONG'], [['x\u0007', '1'], ['', '22']])).toEqual(['A        LONG', 'x\\u0007  1', '         22']); // prettier-ignore
});

test('fields that are null are left out', () => {
  expect(fieldLines({ id: 'a', reason: null, status: 3 })).toEqual(['id      a', 'status  3']);
});

test('text keeps its lines', () => {
  expect(textLines('a\nb', '> ')).toEqual(['> a', '> b']);
});
