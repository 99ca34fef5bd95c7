import { expect, test } from '@jest/globals';
import { SensitiveNames } from './mask.ts';
import { maskedSample } from './masked-sample.ts';

const names = new SensitiveNames(['token', 'api_key']);
const json = 'application/json; charset=utf-8';
const form = 'application/x-www-form-urlencoded';

test.each([
  ['a field', json, '{"token": "abc", "n":1}', '{"token": "********", "n":1}'],
  ['a number and a word', json, '{"apiKey":12, "a":{"TOKEN":null}}', '{"apiKey":"********", "a":{"TOKEN":"********"}}'],
  ['an object', json, '{"token":{"a":["}",{"b":1}]},"n":1}', '{"token":"********","n":1}'],
  [
    'in a list',
    'application/problem+json',
    '[{"token":"a"},{"token":"b"}]',
    '[{"token":"********"},{"token":"********"}]',
  ],
  ['in escapes', json, '{"t\\u006fken":"abc"}', '{"t\\u006fken":"********"}'],
  ['with a quote inside', json, '{"token":"a\\"b","n":"c"}', '{"token":"********","n":"c"}'],
  ['cut off inside', json, '{"n":1,"token":"abc', '{"n":1,"token":"********"'],
  ['cut off inside an object', json, '{"token":{"a":"abc', '{"token":"********"'],
  ['cut off behind the name', json, '{"token":', '{"token":'],
  ['a value of that name', json, '{"kind":"token","n":1}', '{"kind":"token","n":1}'],
  ['JSON that does not say so', undefined, ' {"token":"abc"}', ' {"token":"********"}'],
  ['a form', form, 'a=1&token=abc&api%5Fkey=x%26y&b', 'a=1&token=********&api%5Fkey=********&b'],
  ['text', 'text/plain', 'token: abc', 'token: abc'],
  ['nothing', json, '', ''],
])('%s', (_what, type, text, expected) => {
  expect(maskedSample(text, type, names)).toBe(expected);
});
