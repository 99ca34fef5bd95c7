import { expect, test } from '@jest/globals';
import { dayMs } from '../domain/day.ts';
import { clientKeptOnKafka, eventKeptOnKafka, lastKept, type KeptOnKafka } from './kept-on-kafka.ts';
import { allTopics, topicName, topics } from './topics.ts';

const at = new Date('2026-03-01T00:00:00Z');

function daysOf(kept: readonly KeptOnKafka[], topic: string): number | null | undefined {
  const until = kept.find((one) => one.topic === `t.${topic}`)?.until;
  return until instanceof Date ? (until.getTime() - at.getTime()) / dayMs : until;
}

test('what waits of an event is written as late as it may wait, and a topic is kept for its retention and a segment', () => {
  const kept = eventKeptOnKafka('t.', at);
  expect(daysOf(kept, 'platform.events')).toBe(7 + 7);
  expect(daysOf(kept, 'webhook.deliveries')).toBe(30 + 7 + 7);
  expect(daysOf(kept, 'webhook.delivery-outcomes')).toBe(30 + 30 + 7);
  expect(daysOf(kept, 'webhook.retry.6h')).toBe(30 + 7 + 7);
  expect(lastKept(kept).getTime() - at.getTime()).toBe(67 * dayMs);
});

test('of a client deliveries end at their next retry, and every topic says until when, but the catalogue, which is nobody’s', () => {
  const kept = clientKeptOnKafka('t.', at);
  expect(daysOf(kept, 'webhook.delivery-outcomes')).toBe(1 + 30 + 7);
  expect(daysOf(kept, 'webhook.notices')).toBe(30 + 7);
  expect(daysOf(kept, 'webhook.definitions')).toBeNull();
  const others = allTopics.filter((spec) => spec !== topics.eventTypes).map((spec) => topicName('t.', spec));
  expect(kept.map(({ topic }) => topic).sort()).toEqual(others.sort());
});
