import { expect, test } from '@jest/globals';
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

test('a payload of 256 KiB takes a fraction of a second', () => {
  const text = JSON.stringify(Array.from({ length: 12_000 }, (_, i) => ({ id: i, name: 'x' })));
  const startedAt = performance.now();
  expect(prettyJson(text)?.length).toBeGreaterThan(text.length);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});
