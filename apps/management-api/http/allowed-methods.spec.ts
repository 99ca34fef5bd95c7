import { expect, test } from '@jest/globals';
import { AllowedMethods } from './allowed-methods.ts';

const allowed = new AllowedMethods();
allowed.add('/v1/webhooks', 'POST');
allowed.add('/v1/webhooks', ['GET', 'HEAD']);
allowed.add('/v1/webhooks/:id', 'PATCH');
allowed.add('/v1/deliveries/count', 'GET');
allowed.add('/v1/deliveries/:id', 'DELETE');
allowed.add('/portal/*', 'GET');

test.each([
  ['/v1/webhooks', 'GET,HEAD,POST'],
  ['/v1/webhooks?limit=1', 'GET,HEAD,POST'],
  ['/v1/webhooks/wh_1', 'PATCH'],
  ['/v1/webhooks/wh_1/x', ''],
  ['/v1/webhooks/', ''],
  ['/v1/deliveries/count', 'DELETE,GET'],
  ['/portal/a/b', 'GET'],
  ['/v1xwebhooks', ''],
  ['/', ''],
])('%s takes %s', (url, methods) => {
  expect(allowed.of(url).join()).toBe(methods);
});
