/**
 * Until when Kafka has what the history no longer has: Kafka deletes by age, and nothing of ours rewrites a log. In: what is
 * erased, and when. Out: each topic with the time by which it is deleted there.
 */
import { retryDelayMsMax, retryTiers } from '../domain/delivery/retry.ts';
import { dayMs } from '../domain/day.ts';
import { retryTopic, topicName, topics, type TopicSpec } from './topics.ts';

export interface KeptOnKafka {
  /** As it is called on this cluster. */
  readonly topic: string;
  /** Null: until the topic is compacted, of which nobody knows the time. */
  readonly until: Date | null;
}

/** Kafka deletes whole segments: a record may outlive its retention by as long as one of those is written, `segment.ms` (a week by default). */
const segmentMs = 7 * dayMs;
/** A delivery waits for retries and through pauses, and says so in the end: no longer than Kafka keeps what waits. */
const longestWaitMs = topics.parked.retentionMs;

const beforeDispatch: readonly TopicSpec[] = [topics.platformEvents, topics.webhookEvents];
const ofDeliveries: readonly TopicSpec[] = [
  ...[topics.deliveries, topics.parked, topics.outcomes, topics.dead],
  ...retryTiers.map(({ name }) => retryTopic(name)),
];

/** Of an event, its deliveries, which go on, and the answers to them. @param prefix TOPIC_PREFIX */
export function eventKeptOnKafka(prefix: string, erasedAt: Date): KeptOnKafka[] {
  return keptIn(prefix, erasedAt, beforeDispatch, longestWaitMs);
}

/** Of what a client had, and about it. Its deliveries end with its webhooks, when they are due next. @param prefix TOPIC_PREFIX */
export function clientKeptOnKafka(prefix: string, leftAt: Date): KeptOnKafka[] {
  const atOnce = [...beforeDispatch, topics.platformEventsRejected, topics.notices, topics.definitions];
  return keptIn(prefix, leftAt, atOnce, retryDelayMsMax);
}

/** The last of these times. */
export function lastKept(kept: readonly KeptOnKafka[]): Date {
  return new Date(Math.max(...kept.map(({ until }) => until?.getTime() ?? 0)));
}

function keptIn(prefix: string, at: Date, atOnce: readonly TopicSpec[], waitMs: number): KeptOnKafka[] {
  const lastWritten = [
    ...atOnce.map((spec) => [spec, 0] as const),
    ...ofDeliveries.map((spec) => [spec, waitMs] as const),
  ];
  return lastWritten.map(([spec, laterMs]) => ({
    topic: topicName(prefix, spec),
    until: spec.compacted ? null : new Date(at.getTime() + laterMs + spec.retentionMs + segmentMs),
  }));
}
