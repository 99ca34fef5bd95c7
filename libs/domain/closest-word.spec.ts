import { expect, test } from '@jest/globals';
import { closestWord } from './closest-word.ts';

const types = ['order.created', 'order.cancelled', 'parcel.sent', 'a.b'];

test.each([
  ['ordr.created', 'order.created'],
  ['order.craeted', 'order.created'],
  ['Order.Created', 'order.created'],
  ['orders.created', 'order.created'],
  ['order.canceled', 'order.cancelled'],
  ['parcels.snt', 'parcel.sent'],
  ['a.c', 'a.b'],
  ['invoice.paid', null],
  ['x', null],
  ['', null],
  ['x'.repeat(300), null],
])('%s is meant to be %s', (written, meant) => {
  expect(closestWord(written, types)).toBe(meant);
});

test('a word is not taken for itself', () => {
  expect(closestWord('order.created', ['order.created'])).toBeNull();
});

test('of equals the first is named', () => {
  expect(closestWord('aaaa', ['aaab', 'aaac'])).toBe('aaab');
});
