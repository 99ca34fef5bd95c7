import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outlineJson } from './json-outline.ts';

test.each<[string, string, string | null]>([
  ['an object', '{"id":"1", "data" : {"b":1,  "a":[1,{"x":"}"}]} , "z":0}', '{"b":1,  "a":[1,{"x":"}"}]}'],
  ['a scalar at the end', '{"id":"1","data": 1.50}', '1.50'],
  ['a text with quotes', '{"data":"a\\"b\\\\","id":"1"}', '"a\\"b\\\\"'],
  ['the last of two', '{"data":{"a":1},"data":[2]}', '[2]'],
  ['an escaped name', '{"d\\u0061ta":[2]}', '[2]'],
  ['no inner member', '{"x":{"data":1},"y":["data"]}', null],
  ['nothing of a list', '["data",1]', null],
])('the member data is cut out: %s', (_name, text, expected) => {
  expect(outlineJson(text, 'data').span?.text ?? null).toBe(expected);
});

test('depth counts lists and objects, not brackets in texts', () => {
  expect(outlineJson('{"a":[[{"b":"[[[["}]]}', null).depth).toBe(4);
  expect(outlineJson('"[["', null).depth).toBe(0);
});

test('members are counted as written', () => {
  expect(outlineJson('{"a":1,"a":{"b:":2}}', null).span?.members).toBe(3);
  expect(outlineJson('{"z":{"y":1},"data":{"a":1,"a":2},"x":{"w":1}}', 'data').span?.members).toBe(2);
});

test('the text that is cut out means what the member means', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.nat(3), (others, data, indent) => {
      const text = JSON.stringify({ ...others, data, after: 1 }, null, indent);
      const { span } = outlineJson(text, 'data');
      expect(JSON.parse(span?.text ?? '')).toEqual(JSON.parse(JSON.stringify(data)));
    }),
  );
});
