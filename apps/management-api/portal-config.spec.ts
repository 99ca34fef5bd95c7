import { expect, test } from '@jest/globals';
import { portalPathParts, withoutPrefix } from './portal-config.ts';

test.each([
  ['/portal', { prefix: '', mount: '/portal' }],
  ['/hooks/portal', { prefix: '/hooks', mount: '/portal' }],
  ['/a/b/ui', { prefix: '/a/b', mount: '/ui' }],
])('%s is a prefix and a place', (path, parts) => {
  expect(portalPathParts(path)).toEqual(parts);
});

test.each([
  ['/hooks/v1/webhooks?limit=1', '/v1/webhooks?limit=1'],
  ['/hooks/portal/', '/portal/'],
  ['/v1/webhooks', '/v1/webhooks'],
  ['/hooksmith/v1', '/hooksmith/v1'],
  ['/hooks', '/hooks'],
])('%s is %s to the routes', (url, known) => {
  expect(withoutPrefix(url, '/hooks')).toBe(known);
});
