import { expect, test } from '@jest/globals';
import { headersIn } from './header-lines.ts';

test.each<[string, string[], Record<string, string>]>([
  ['lines', ['Webhook-Id: a\r\nX-B:  c d '], { 'webhook-id': 'a', 'x-b': 'c d' }],
  ['what curl shows', ['> POST / HTTP/1.1\n> Webhook-Id: a\n>\n* ignored'], { 'webhook-id': 'a' }],
  ['an object', ['{"Webhook-Id":"a","x-list":["b","c"]}'], { 'webhook-id': 'a', 'x-list': 'b, c' }],
  ['several, the last counts', ['{"a":"1"}', 'A: 2', 'b:3'], { a: '2', b: '3' }],
  ['a value with colons', ['x: a:b:c'], { x: 'a:b:c' }],
  ['nothing', ['', '\n\n'], {}],
])('%s', (_, texts, headers) => {
  expect(headersIn(texts)).toEqual(headers);
});

test('an object that is none is refused', () => {
  expect(() => headersIn(['{"a":'])).toThrow(/not JSON/);
});
