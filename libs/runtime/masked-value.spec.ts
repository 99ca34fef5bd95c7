import { expect, test } from '@jest/globals';
import { placeOf, quoted, maskedText, maskedUrl } from './masked-value.ts';

test.each([
  ['postgresql://u:pw@db:5432/webhooks', 'postgresql://********@db:5432/webhooks'],
  ['postgresql://u:p@ssw0rd@db/webhooks', 'postgresql://********@db/webhooks'],
  ['postgresql://:secret@db/webhooks', 'postgresql://********@db/webhooks'],
  ['postgresql://secret@db/webhooks', 'postgresql://********@db/webhooks'],
  ['postgresql://db/webhooks?password=secret', 'postgresql://db/webhooks?********'],
  ['postgresql://db/webhooks?secret', 'postgresql://db/webhooks?********'],
  [
    'postgresql://db/webhooks?sslmode=verify-full&password=secret',
    'postgresql://db/webhooks?sslmode=verify-full&********',
  ],
  ['postgresql://db/webhooks?sslmode=secret', 'postgresql://db/webhooks?********'],
  ['postgresql://db/webhooks#secret', 'postgresql://db/webhooks#********'],
  // Passwords with characters that end what stands before the host.
  ['postgresql://u:1/secret@db/webhooks', '********'],
  ['postgresql://u:1?secret@db/webhooks', '********'],
  ['postgresql://u:1#secret@db/webhooks', '********'],
  ['postgresql://u:se/cret@db/webhooks', '********'],
  ['u:secret@db', '********'],
  ['secret://db', '********'],
  ['https://registry/apis/secret', 'https://registry/********'],
  ['https://registry', 'https://registry'],
])('%s is shown as %s', (text, shown) => {
  expect(maskedUrl(text)).toBe(shown);
});

test('a path that the default has too is no secret', () => {
  const usual = 'http://127.0.0.1:18081/apis/ccompat/v7';
  expect(maskedUrl('https://r.example/apis/ccompat/v7', usual)).toBe('https://r.example/apis/ccompat/v7');
});

test('a place is where it is, and what it is called', () => {
  expect(placeOf('postgresql://u:p@ssw0rd@db:5432/webhooks?password=x')).toBe('db:5432/webhooks');
  expect(placeOf('https://registry:8081/secret')).toBe('registry:8081');
  expect(placeOf('db')).toBe('an address that is not a URL');
});

test('other values are shown as they are, but for the addresses in them', () => {
  expect(maskedText('a:1, https://u:pw@b, c')).toBe('a:1,https://********@b, c');
  expect(maskedText('443,8443')).toBe('443,8443');
  expect(quoted('smtp://u:pa,ss@host')).toBe("'smtp://********@host'");
});

test.each([
  'kafka://u:12,34@h',
  'kafka://u:12,34,56@h:9092,b:9092',
  'https://u:12,https://34@h',
  'https://u:pw@a,https://u:pw@b',
  'u:12,34@h',
  'u:12,34,56@h',
  'https://h/12,34',
  'https://h?password=12,34',
  'https://h#12,34',
  'https://u:p,34',
])('what a comma may be part of is hidden as a whole: %s', (text) => {
  expect(maskedText(text)).toBe('********');
});

test.each([
  ['kafka://a:9092,kafka://b:9092', 'kafka://a:9092,kafka://b:9092'],
  ['https://a/,https://b/path', 'https://a,https://b/********'],
  ['https://u:pw@a, b', 'https://********@a, b'],
])('where a comma can only stand between items, each is shown: %s', (text, shown) => {
  expect(maskedText(text)).toBe(shown);
});
