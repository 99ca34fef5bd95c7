import { expect, test } from '@jest/globals';
import { fasterThanLinear } from '../../test/support/linear-time.ts';
import { prettyJson } from './pretty-json.ts';

test.each([
  ['{}', '{}'],
  ['[]', '[]'],
  ['{"a":[]}', '{\n  "a": []\n}'],
  ['[1,[2]]', '[\n  1,\n  [\n    2\n  ]\n]'],
  ['{"n":123456789012345678901234567890.10e5}', '{\n  "n": 123456789012345678901234567890.10e5\n}'],
  ['{"t":"a\\"{,}: b\\u202e"}', '{\n  "t": "a\\"{,}: b\\u202e"\n}'],
  ['{"t":"{"}', '{\n  "t": "{"\n}'],
  [' "x" ', '"x"'],
])('%s', (text, pretty) => {
  expect(prettyJson(text)).toBe(pretty);
});

test.each(['', '{', 'plain', '<a/>'])('%j is no JSON', (text) => {
  expect(prettyJson(text)).toBeNull();
});

test('a payload takes as much longer as it is larger', () => {
  const growth = fasterThanLinear((size) => {
    const text = JSON.stringify(Array.from({ length: size / 16 }, (_, i) => ({ id: i, name: 'x' })));
    return () => prettyJson(text);
  });
  expect(growth).toBeNull();
});
