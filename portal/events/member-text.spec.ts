import { expect, test } from '@jest/globals';
import { memberText } from './member-text.ts';

test.each([
  ['{"a":1,"data":{"n":12345678901234567890123},"b":2}', '{"n":12345678901234567890123}'],
  ['{"data":1.50}', '1.50'],
  ['{"x":{"data":5},"data": [1, {"data":2}] }', '[1, {"data":2}]'],
  ['{"x":["data",":"],"data":"a,b}"}', '"a,b}"'],
  ['{"data":null,"z":{}}', 'null'],
  ['{"data":{}}', '{}'],
  ['{"dat":{"data":1}}', null],
  ['{"data":"\\"data\\":2"}', '"\\"data\\":2"'],
])('%s', (document, text) => {
  expect(memberText(document, 'data')).toBe(text);
});
