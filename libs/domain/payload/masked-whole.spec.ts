import { expect, test } from '@jest/globals';
import { SensitiveNames } from './mask.ts';
import { maskedWhole } from './masked-whole.ts';

const names = new SensitiveNames(['password', 'apiKey']);
const secret = 's3cret';
const once = JSON.stringify({ password: secret, n: 1 });
const twice = JSON.stringify({ inner: once, list: ['a'] });

test.each([
  [`{"password": "${secret}"}`, '{"password": "********"}'],
  [`{"a":[{"pass\\u0077ord":"${secret}","password":["${secret}"]}],"n":1.50}`, null],
  ['{"a" : 1.50, "text":"the password was changed"}', '{"a" : 1.50, "text":"the password was changed"}'],
  [JSON.stringify({ body: once }), JSON.stringify({ body: '{"password":"********","n":1}' })],
  [JSON.stringify({ body: twice }), null],
  [JSON.stringify(JSON.stringify(twice)), null],
  [JSON.stringify([`password=${secret}&x=1`]), '["********"]'],
  [JSON.stringify({ log: `{'api_key': '${secret}'}` }), '{"log":"********"}'],
  [JSON.stringify({ log: `<password>${secret}</password>` }), '{"log":"********"}'],
  [JSON.stringify({ log: `{"password":"${secret}` }), '{"log":"********"}'],
])('%s is masked', (text, expected) => {
  const masked = maskedWhole(text, names);
  expect(masked).not.toContain(secret);
  if (expected !== null) expect(masked).toBe(expected);
  expect(() => JSON.parse(masked ?? '') as unknown).not.toThrow();
});

test.each([
  `{'password': '${secret}'}`,
  `{password: "${secret}"}`,
  `password=${secret}&x=1`,
  `<password>${secret}</password>`,
  `{"password":"${secret}`,
  `{"a":1} {"password":"${secret}"}`,
  `"password": "${secret}"`,
  '',
])('%s is no JSON, and nothing is said of it', (text) => {
  expect(maskedWhole(text, names)).toBeNull();
});

test('what is long or deep is read to its end', () => {
  const long = JSON.stringify(['password '.repeat(100_000), 'a'.repeat(500_000), '"'.repeat(100_000)]);
  expect(maskedWhole(long, names) === long).toBe(true);
  expect(maskedWhole('['.repeat(500_000), names)).toBeNull();
});
