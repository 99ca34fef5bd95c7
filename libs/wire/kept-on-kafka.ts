/**
 * Until when Kafka has what the history no longer has: Kafka deletes by age, and nothing of ours rewrites a log. In: what is
 * erased, and when. Out: each topic with the time by which it is past retention.
 */
import { retryTiers } from '../domain/delivery/retry.ts';
import { retryTopic, topicName, topics, type TopicSpec } from './topics.ts';

export interface KeptOnKafka {
  /** As it is called on this cluster. */
  readonly topic: string;
  /** Null: until the topic is compacted, of which nobody knows the time. */
  readonly until: Date | null;
}

/** What waits for a retry when something is erased has its last record so much later: the longest delay of a retry. */
const lastRetryMs = 86_400_000;

const retries = retryTiers.map(({ name }) => retryTopic(name));

/** Those with the data of an event, its deliveries and the answers to them. */
const ofAnEvent: readonly (readonly [TopicSpec, laterMs: number])[] = [
  [topics.platformEvents, 0],
  [topics.webhookEvents, 0],
  ...[topics.deliveries, topics.parked, ...retries, topics.outcomes, topics.dead].map(
    (spec) => [spec, lastRetryMs] as const,
  ),
];

/** @param prefix TOPIC_PREFIX */
export function eventKeptOnKafka(prefix: string, erasedAt: Date): KeptOnKafka[] {
  return ofAnEvent.map(([spec, laterMs]) => keptIn(prefix, spec, erasedAt, laterMs));
}

/** Those with what a client had, and about it. */
const ofAClient: readonly (readonly [TopicSpec, laterMs: number])[] = [
  ...ofAnEvent,
  [topics.platformEventsRejected, 0],
  [topics.notices, 0],
  [topics.definitions, 0],
];

/** @param prefix TOPIC_PREFIX */
export function clientKeptOnKafka(prefix: string, leftAt: Date): KeptOnKafka[] {
  return ofAClient.map(([spec, laterMs]) => keptIn(prefix, spec, leftAt, laterMs));
}

/** The last of these times. */
export function lastKept(kept: readonly KeptOnKafka[]): Date {
  return new Date(Math.max(...kept.map(({ until }) => until?.getTime() ?? 0)));
}

function keptIn(prefix: string, spec: TopicSpec, erasedAt: Date, laterMs: number): KeptOnKafka {
  const until = spec.compacted ? null : new Date(erasedAt.getTime() + laterMs + spec.retentionMs);
  return { topic: topicName(prefix, spec), until };
}
