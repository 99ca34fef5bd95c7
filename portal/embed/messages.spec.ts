import { expect, test } from '@jest/globals';
import { isListed, opened, sealed } from './messages.ts';

test.each([
  ['https://app.example.com', ['https://app.example.com'], true],
  ['https://app.example.com', ['https://app.example.com:443'], true],
  ['https://app.example.com:8443', ['https://app.example.com'], false],
  ['http://app.example.com', ['https://app.example.com'], false],
  ['https://app.example.com', ['http://app.example.com'], true],
  ['https://a.b.example.com', ['https://*.example.com'], true],
  ['https://example.com', ['https://*.example.com'], false],
  ['https://evilexample.com', ['https://*.example.com'], false],
  ['https://app.example.com.evil.com', ['https://app.example.com'], false],
  ['null', ['https://app.example.com'], false],
  ['https://app.example.com', [], false],
])('%s of %j: %j', (origin, listed, expected) => {
  expect(isListed(origin, listed)).toBe(expected);
});

test('what is sealed is opened, and nothing else', () => {
  expect(opened(sealed({ kind: 'token', token: 'whp_a' }))).toEqual({ kind: 'token', token: 'whp_a' });
  const others: unknown[] = [
    null,
    'token',
    { kind: 'token', token: 'whp_a' },
    { ...sealed({ kind: 'wait' }), kind: 'x' },
  ];
  for (const other of [...others, { ...sealed({ kind: 'token', token: 'a' }), token: 7 }])
    expect(opened(other)).toBeNull();
});
