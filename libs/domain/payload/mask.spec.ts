import { describe, expect, test } from '@jest/globals';
import { outlineJson } from './json-outline.ts';
import { Mask, SensitiveNames } from './mask.ts';

const names = new SensitiveNames(['password', 'apiKey', 'TOKEN']);

function masked(text: string, paths: readonly string[] = []): string {
  const { span } = outlineJson(text, null);
  if (span === null) throw new Error('no span');
  const data: unknown = JSON.parse(text);
  const result = new Mask(names, paths).apply(data, span);
  // What filters see and what is sent is the same thing.
  expect(result.data).toEqual(JSON.parse(result.text));
  return result.text;
}

describe('names are masked', () => {
  test.each([
    ['at any depth', '{"a":[{"b":{"password":"x"}}]}', '{"a":[{"b":{"password":"********"}}]}'],
    ['in any case', '{"PassWord":1,"token":null}', '{"PassWord":"********","token":"********"}'],
    ['with other separators', '{"api_key":"x","API-KEY":"y"}', '{"api_key":"********","API-KEY":"********"}'],
    ['with all that is below', '{"token":{"a":[1]}}', '{"token":"********"}'],
    ['when escaped', '{"pass\\u0077ord":"x"}', '{"password":"********"}'],
    ['in a list at the top', '[{"token":1}]', '[{"token":"********"}]'],
    ['but no names that contain them', '{"passwords":"x", "tokenType":"y"}', '{"passwords":"x", "tokenType":"y"}'],
  ])('%s', (_name, text, expected) => {
    expect(masked(text)).toBe(expected);
  });
});

describe('paths are masked', () => {
  test.each([
    ['by name', ['card.number'], '{"card":{"number":"4","name":"n"}}', '{"card":{"number":"********","name":"n"}}'],
    [
      'through lists',
      ['items.iban'],
      '{"items":[{"iban":1},[{"iban":2}]]}',
      '{"items":[{"iban":"********"},[{"iban":"********"}]]}',
    ],
    ['with brackets', ['items[].iban'], '{"items":[{"iban":1}]}', '{"items":[{"iban":"********"}]}'],
    ['with data. in front', ['data.iban'], '{"iban":1}', '{"iban":"********"}'],
    ['with *', ['*.iban'], '{"a":{"iban":1},"iban":2}', '{"a":{"iban":"********"},"iban":2}'],
    ['whole objects', ['card'], '{"card":{"number":"4"}}', '{"card":"********"}'],
    ['nowhere else', ['card.number'], '{"x":{"card":{"number":1}}}', '{"x":{"card":{"number":1}}}'],
    [
      'where several share a beginning',
      ['a.b.c', 'a.*.d'],
      '{"a":{"b":{"c":1,"d":2,"e":3}}}',
      '{"a":{"b":{"c":"********","d":"********","e":3}}}',
    ],
    ['nowhere when they are no paths', ['', 'a..b', '.'], '{"a":{"b":1},"":2}', '{"a":{"b":1},"":2}'],
  ])('%s', (_name, paths, text, expected) => {
    expect(masked(text, paths)).toBe(expected);
  });
});

test('text without anything sensitive stays as it was written', () => {
  const text = '{ "2": 1.0, "1": 12345678901234567890,\n "e": 1E400 }';
  expect(masked(text.replace('1E400', '1e3'))).toBe(text.replace('1E400', '1e3'));
});

test('numbers survive masking', () => {
  expect(masked('{"n":12345678901234567890.5,"token":1}')).toContain('"n":12345678901234567890.5');
});

test('a value hidden behind a second member of its name does not get through', () => {
  expect(masked('{"a":{"password":"x"},"a":1}')).toBe('{"a":1}');
  expect(masked('{"password":"x","password":"y"}')).toBe('{"password":"********"}');
});

test('__proto__ is a name like any other', () => {
  expect(masked('{"__proto__":{"token":1},"a":2}')).toBe('{"__proto__":{"token":"********"},"a":2}');
  expect(masked('{"__proto__":1,"a":2}', ['__proto__'])).toBe('{"__proto__":"********","a":2}');
  expect(({} as Record<string, unknown>)['token']).toBeUndefined();
});

test.each(['12345678901234567890', '0.12345678901234567', '1e400'])('the number %s below a * is a number', (number) => {
  expect(masked(`{"a":{"n":${number},"token":1}}`, ['a.*.b'])).toBe(`{"a":{"n":${number},"token":"********"}}`);
  expect(masked(`{"a":{"n":${number},"b":1}}`, ['*.n.*', 'a.b'])).toBe(`{"a":{"n":${number},"b":"********"}}`);
  expect(masked(`{"a":[${number}],"token":1}`, ['a.rawJSON'])).toBe(`{"a":[${number}],"token":"********"}`);
});
