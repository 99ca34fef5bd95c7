import { expect, test } from '@jest/globals';
import { placeOf, quoted, shownText, shownUrl } from './shown-value.ts';

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
  expect(shownUrl(text)).toBe(shown);
});

test('a path that the default has too is no secret', () => {
  const usual = 'http://127.0.0.1:18081/apis/ccompat/v7';
  expect(shownUrl('https://r.example/apis/ccompat/v7', usual)).toBe('https://r.example/apis/ccompat/v7');
});

test('a place is where it is, and what it is called', () => {
  expect(placeOf('postgresql://u:p@ssw0rd@db:5432/webhooks?password=x')).toBe('db:5432/webhooks');
  expect(placeOf('https://registry:8081/secret')).toBe('registry:8081');
  expect(placeOf('db')).toBe('an address that is no URL');
});

test('other values are shown as they are, but for the addresses in them', () => {
  expect(shownText('a:1, https://u:pw@b, c')).toBe('a:1,https://********@b, c');
  expect(shownText('443,8443')).toBe('443,8443');
  expect(quoted('smtp://u:pa,ss@host')).toBe("'smtp://********@host'");
});
