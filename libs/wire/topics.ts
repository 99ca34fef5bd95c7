/** Every topic of ours: its name, its value and how it is kept. The setup step creates them from this table. */
import { retryTiers, type RetryTierName } from '../domain/delivery/retry.ts';
import { dayMs } from '../domain/day.ts';

export interface TopicSpec {
  readonly name: string;
  /** File under schemas/, without its ending; null where the value is not ours to define. */
  readonly schema: string | null;
  /** `cleanup.policy=compact` instead of a time. */
  readonly compacted: boolean;
  /** `retention.ms`; -1 for compacted topics. */
  readonly retentionMs: number;
}

export const topics = {
  platformEvents: { name: 'platform.events', schema: null, compacted: false, retentionMs: 7 * dayMs },
  platformEventsRejected: { name: 'platform.events.rejected', schema: null, compacted: false, retentionMs: 30 * dayMs },
  webhookEvents: { name: 'webhook.events', schema: 'webhook.events', compacted: false, retentionMs: 7 * dayMs },
  deliveries: { name: 'webhook.deliveries', schema: 'webhook.deliveries', compacted: false, retentionMs: 7 * dayMs },
  parked: {
    name: 'webhook.deliveries.parked',
    schema: 'webhook.deliveries.parked',
    compacted: false,
    retentionMs: 30 * dayMs,
  },
  outcomes: {
    name: 'webhook.delivery-outcomes',
    schema: 'webhook.delivery-outcomes',
    compacted: false,
    retentionMs: 30 * dayMs,
  },
  dead: { name: 'webhook.dead', schema: 'webhook.dead', compacted: false, retentionMs: 30 * dayMs },
  definitions: { name: 'webhook.definitions', schema: 'webhook.definitions', compacted: true, retentionMs: -1 },
  eventTypes: { name: 'webhook.event-types', schema: 'webhook.event-types', compacted: true, retentionMs: -1 },
  notices: { name: 'webhook.notices', schema: null, compacted: false, retentionMs: 30 * dayMs },
} as const satisfies Record<string, TopicSpec>;

/** The topic of a retry tier. All tiers share one schema. */
export function retryTopic(tier: RetryTierName): TopicSpec & { readonly schema: 'webhook.retry' } {
  return { name: `webhook.retry.${tier}`, schema: 'webhook.retry', compacted: false, retentionMs: 7 * dayMs };
}

export const allTopics: readonly TopicSpec[] = [
  ...Object.values(topics),
  ...retryTiers.map((tier) => retryTopic(tier.name)),
];

/** Those that this system writes itself. */
export const ownTopics = allTopics.filter((spec) => spec !== topics.platformEvents);

/** The name under which a topic exists on this cluster: TOPIC_PREFIX, then the name. */
export function topicName(prefix: string, spec: TopicSpec): string {
  return prefix + spec.name;
}

/** What an item of a list of topics has between slashes; undefined: it is a name. */
export function patternIn(item: string): string | undefined {
  return /^\/(.+)\/$/.exec(item)?.[1];
}
