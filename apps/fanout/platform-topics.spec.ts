import { expect, test } from '@jest/globals';
import { platformTopics } from './platform-topics.ts';

test('names get the prefix', () => {
  expect(platformTopics(['platform.events', 'shop.orders'], 'eu.')).toEqual(['eu.platform.events', 'eu.shop.orders']);
});

test.each([
  ['/platform\\..*/', '', 'platform.events', true],
  ['/platform\\..*/', '', 'platform.orders', true],
  ['/platform\\..*/', '', 'platform.events.rejected', false],
  ['/platform\\..*/', '', 'platform.events.rejected.old', true],
  ['/^shop/', '', 'shop.orders', true],
  ['/^shop/', '', 'my.shop', false],
  ['/orders$/', 'eu.', 'eu.shop.orders', true],
  ['/.*/', '', 'webhook.deliveries', false],
  ['/.*/', 'eu.', 'eu.webhook.retry.5s', false],
  ['/a|b/', '', 'webhook.notices', false],
  ['/a|b/', '', 'xb', true],
])('the pattern %s with the prefix "%s" takes in %s: %s', (item, prefix, topic, expected) => {
  const [pattern] = platformTopics([item], prefix);
  expect(pattern instanceof RegExp && pattern.test(topic)).toBe(expected);
});

test.each(['webhook.deliveries', 'platform.events.rejected'])('%s is refused: it is no input', (name) => {
  expect(() => platformTopics([name], 'eu.')).toThrow(`eu.${name}`);
});
