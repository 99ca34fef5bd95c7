import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { compareDecimals, parseLossless, rawNumberOf } from './lossless-json.ts';

test.each([
  ['long integers', '[12345678901234567890,-9007199254740993]'],
  ['long fractions', '[0.1234567890123456789,123456789.12345678912345]'],
  ['numbers beyond a double', '[1e400,-1E+999,1e-400]'],
  ['names that look like numbers of a list', '{"a":12345678901234567890,"b":{"__proto__":{"x":1}}}'],
])('%s survive', (_name, text) => {
  expect(JSON.stringify(parseLossless(text))).toBe(text);
});

test.each(['1000000000000000000', '1.5000000000000000000', '0.000000000000000', '1e100', '-0.0', '123456789012345'])(
  '%s is a plain number, since a double holds it',
  (text) => {
    expect(parseLossless(text)).toBe(Number(text));
  },
);

test.each([
  ['1', '1.0', 0],
  ['0', '-0.0', 0],
  ['-1', '1', -1],
  ['0', '0.001', -1],
  ['-2', '-1', -1],
  ['9', '10', -1],
  ['1e400', '9e399', 1],
  ['1.5', '1.49', 1],
  ['-1.5', '-1.49', -1],
  ['18446744073709551615', '18446744073709551616', -1],
  ['1e-400', '0', 1],
])('%s compared with %s', (a, b, expected) => {
  expect(Math.sign(compareDecimals(a, b))).toBe(expected);
  expect(Math.sign(compareDecimals(b, a)) + 0).toBe(-expected + 0);
});

test('any two doubles are compared as they are', () => {
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(doubles, doubles, (a, b) => {
      expect(Math.sign(compareDecimals(String(a), String(b))) + 0).toBe(a > b ? 1 : a < b ? -1 : 0);
    }),
  );
});

test('#19 a long number is found wherever a number may stand, and is not looked for in an id', () => {
  const long = ['12345678901234567890', '-12345678901234567890', '-1e-400', '1.5E+999', '123456789012345e400'];
  const around = ['N', ' N', '\nN', '[N]', '[0,N]', '[0,\tN]', '{"a":N}', '{"a": N}', '{"a":[[N,{"b":N}]]}'];
  for (const number of long) {
    for (const text of around.map((one) => one.replaceAll('N', number))) {
      expect(JSON.stringify(parseLossless(text))).toBe(text.replaceAll(/[ \n\t]/g, ''));
    }
  }
  // Its reviver takes three times as long as the plain way.
  const parse = jest.spyOn(JSON, 'parse');
  parseLossless('{"id":"order-1234567890123456789","hash":"1e500"}');
  expect(parse.mock.calls.map((given) => given.length)).toEqual([1]);
  parse.mockRestore();
});

test('a number that is kept gives its text', () => {
  expect(rawNumberOf(parseLossless('12345678901234567890'))).toBe('12345678901234567890');
  expect(rawNumberOf(1)).toBeNull();
  expect(rawNumberOf({ rawJSON: '1' })).toBeNull();
});

test('anything else is what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify([value, 1234567890123456]);
      expect(JSON.stringify(parseLossless(text))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
  expect(() => parseLossless('{"a":1234567890123456789')).toThrow(SyntaxError);
});

test('without raw JSON, as in browsers that do not have it, a long number is what a double makes of it', () => {
  const names = ['rawJSON', 'isRawJSON'] as const;
  const kept = names.map((name) => Object.getOwnPropertyDescriptor(JSON, name) ?? {});
  for (const name of names) Reflect.deleteProperty(JSON, name);
  try {
    expect(parseLossless('{"n":12345678901234567890123}')).toEqual({ n: Number('12345678901234567890123') });
    expect(rawNumberOf({})).toBeNull();
  } finally {
    names.forEach((name, index) => Object.defineProperty(JSON, name, kept[index] ?? {}));
  }
});
