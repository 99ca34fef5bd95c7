/** Which apps read a topic as a consumer group of their name; compacted topics are read without a group. */
import { topics, type TopicSpec } from './topics.ts';

export const readers = {
  fanout: (spec: TopicSpec) => spec === topics.platformEvents || spec === topics.notices,
  dispatcher: (spec: TopicSpec) => spec === topics.deliveries || spec === topics.parked,
  'retry-scheduler': (spec: TopicSpec) => spec.name.startsWith('webhook.retry.'),
  projector: (spec: TopicSpec) =>
    spec === topics.webhookEvents || spec === topics.outcomes || spec === topics.platformEventsRejected,
  monitor: (spec: TopicSpec) => spec === topics.outcomes,
} as const;

export type ReaderApp = keyof typeof readers;
export const readerApps = Object.keys(readers) as readonly ReaderApp[];

/** They keep their positions in PostgreSQL, with what they made of the records. */
export const appsWithoutCommits: readonly string[] = ['projector', 'monitor'] satisfies readonly ReaderApp[];

/** Records wait in these by design: how many says nothing of who reads them. */
export function isWaitingPlace(spec: TopicSpec): boolean {
  return spec === topics.parked || spec.name.startsWith('webhook.retry.');
}
