import { expect, test } from '@jest/globals';
import { withWholeType } from './whole-type.ts';

test.each([
  ['/v1/event-types/com.acme/order', '/v1/event-types/com.acme%2Forder'],
  [
    '/v1/event-types/com.acme/order/placed?force=true&a=/b',
    '/v1/event-types/com.acme%2Forder%2Fplaced?force=true&a=/b',
  ],
  ['/v1/event-types/com.acme%2Forder', '/v1/event-types/com.acme%2Forder'],
  ['/v1/event-types/order.created', '/v1/event-types/order.created'],
  ['/v1/event-types?limit=1', '/v1/event-types?limit=1'],
  ['/v1/webhooks/a/b', '/v1/webhooks/a/b'],
])('#56 %s is %s to the routes', (url, known) => {
  expect(withWholeType(url)).toBe(known);
});
