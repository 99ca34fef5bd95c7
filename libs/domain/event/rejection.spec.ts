import { expect, test } from '@jest/globals';
import { isOfOneWebhook, tooLargeForWebhook } from './rejection.ts';

test('what is too large for one webhook is told from what is too large for all', () => {
  expect(isOfOneWebhook(tooLargeForWebhook('wh_1', 300_000))).toBe(true);
  expect(
    isOfOneWebhook({ reason: 'payload_too_large', detail: 'the value has 300000 bytes, webhooks get 262144' }),
  ).toBe(false);
  expect(isOfOneWebhook({ reason: 'unparsable', detail: '1 bytes in the format of webhook wh_1' })).toBe(false);
});
