import { expect, test } from '@jest/globals';
import { readConfig } from '../../libs/runtime/config.ts';
import { fanoutConfig } from './config.ts';
import { inputTopics, platformTopics } from './platform-topics.ts';

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

test.each([[['shop.orders']], [['shop.orders', 'platform.events']]])(
  'on one cluster %j are read there, and what is published over HTTP, once; the platform has no other',
  (items) => {
    expect(inputTopics(items, 'eu.', false)).toEqual({ own: ['eu.platform.events', 'eu.shop.orders'], platform: [] });
  },
);

test('a pattern beside it does not take it in a second time', () => {
  const { own } = inputTopics(['/platform/'], 'eu.', false);
  expect(own).toHaveLength(2);
  const takes = (topic: string) => (own[1] as RegExp).test(topic);
  expect(['eu.platform.events', 'eu.platform.orders'].map(takes)).toEqual([false, true]);
});

test('of two clusters no two topics have one name, whoever names them', () => {
  expect(() => inputTopics(['shop.orders', 'platform.events'], '', true)).toThrow('names platform.events');
});

test("the platform's own cluster has its topics under their names, ours what is published over HTTP", () => {
  const { own, platform } = inputTopics(['shop.orders', '/.*/'], 'eu.', true);
  expect(own).toEqual(['eu.platform.events']);
  expect(platform[0]).toBe('shop.orders');
  const takes = (topic: string) => (platform[1] as RegExp).test(topic);
  expect(['shop.orders', 'platform.events', 'eu.platform.events', 'webhook.notices'].map(takes)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test.each<[string, Record<string, string>, string | null]>([
  ['one name on both', { PLATFORM_KAFKA_BROKERS: 'there:9092' }, 'PLATFORM_TOPICS names platform.events'],
  ['a prefix tells them apart', { PLATFORM_KAFKA_BROKERS: 'there:9092', TOPIC_PREFIX: 'hooks.' }, null],
  ['other names', { PLATFORM_KAFKA_BROKERS: 'there:9092', PLATFORM_TOPICS: 'shop.orders' }, null],
  ['one cluster', {}, null],
  ['a user for no cluster', { PLATFORM_KAFKA_SASL_USERNAME: 'me' }, 'PLATFORM_KAFKA_SASL_USERNAME is set, but'],
])('%s', (_what, env, problem) => {
  const read = () => readConfig(fanoutConfig, env);
  if (problem === null) expect(read).not.toThrow();
  else expect(read).toThrow(problem);
});
