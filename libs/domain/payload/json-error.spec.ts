import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonErrorAt, placeIn } from './json-error.ts';

test.each([
  ['{"a":1,}', 7],
  ['{"a" 1}', 5],
  ['{a:1}', 1],
  ["{'a':1}", 1],
  ['[1,]', 3],
  ['[1 2]', 3],
  ['[1}', 2],
  ['{"a":1]', 6],
  ['{]', 1],
  ['{"a":}', 5],
  ['}', 0],
  ['01', 1],
  ['1.', 1],
  ['[-]', 1],
  ['nothing', 0],
  ['"a\nb"', 2],
  ['"a\\x"', 2],
  ['{} {}', 3],
  ['{"url":', 7],
  ['["a', 3],
  ['[tru', 4],
  ['', 0],
])('%j is wrong at %d', (text, at) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  expect(jsonErrorAt(text)).toBe(at);
});

describe('whatever the text is', () => {
  const piece = fc.oneof(
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\\u00e9', ' ', '\n', '0', '1.5', 'e+7', 'true', 'nul'),
    fc.json(),
  );

  test('there is a place when JSON.parse refuses it, and none when it does not', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(200), (pieces, cut) => {
        for (const text of [pieces.join(''), pieces.join('').slice(0, cut)]) {
          let isJson = true;
          try {
            JSON.parse(text);
          } catch {
            isJson = false;
          }
          const at = jsonErrorAt(text);
          expect([text, at === null]).toEqual([text, isJson]);
          expect(at ?? 0).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test('places count lines and columns from 1', () => {
  const text = '{\n  "a": 1,\n  "b": x\n}';
  expect(placeIn(text, jsonErrorAt(text) ?? -1)).toBe('line 3, column 8');
  expect(placeIn('[1,', 3)).toBe('line 1, column 4');
  expect(placeIn('\n\n', 2)).toBe('line 3, column 1');
});
