import { expect, test } from '@jest/globals';
import { misspeltTypes } from './subscribed-types.ts';

const catalogue = ['order.created', 'order.line.added', 'parcel.sent'];

test.each([
  [['order.created', 'order.*', 'order.line.*', '*'], []],
  [['ordr.created'], ['ordr.created → order.created']],
  [
    ['ordr.*', 'order.lin.*'],
    ['ordr.* → order.*', 'order.lin.* → order.line.*'],
  ],
  [['invoice.paid', 'invoice.*'], []],
])('%j', (written, expected) => {
  expect(misspeltTypes(written, catalogue).map((one) => `${one.written} → ${one.meant}`)).toEqual(expected);
});

test('an empty catalogue knows of no mistake', () => {
  expect(misspeltTypes(['ordr.created'], [])).toEqual([]);
});
