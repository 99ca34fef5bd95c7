/** What the compacted topics should say: the present value of every webhook and event type, in pages by key. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { EventType } from '../../domain/event/event-type.ts';
import type { WebhookDefinition } from '../../domain/webhook/webhook.ts';
import { EventTypeRow } from '../entities/event-type.ts';
import { WebhookSecretRow } from '../entities/webhook-secret.ts';
import { WebhookRow } from '../entities/webhook.ts';
import { definitionsTopic, eventTypesTopic } from '../outbox/outbox-topics.ts';
import { valueOf } from './event-type-store.ts';
import { definitionOf } from './webhook-definition.ts';

/** Topic without TOPIC_PREFIX. */
export type CurrentTopic = typeof definitionsTopic | typeof eventTypesTopic;

/** Of these keys, those that exist. */
export async function currentOf(
  em: EntityManager,
  topic: CurrentTopic,
  keys: readonly string[],
  now: Date,
): Promise<Map<string, WebhookDefinition | EventType>> {
  if (keys.length === 0) return new Map();
  if (topic === eventTypesTopic) {
    const rows = await em.find(EventTypeRow, { type: { $in: [...keys] } });
    return new Map(rows.map((row) => [row.type, valueOf(row)]));
  }
  const webhooks = await em.find(WebhookRow, { id: { $in: [...keys] } });
  const secrets = await em.find(WebhookSecretRow, { webhookId: { $in: webhooks.map(({ id }) => id) } });
  const byWebhook = Map.groupBy(secrets, ({ webhookId }) => webhookId);
  return new Map(webhooks.map((row) => [row.id, definitionOf(row, byWebhook.get(row.id) ?? [], now)]));
}

export class CurrentValues {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** @param after the last key of the page before, first an empty text */
  async page(topic: CurrentTopic, after: string, limit: number, now: Date) {
    const em = this.em.fork();
    const [table, key] = topic === definitionsTopic ? ['webhook', 'id'] : ['event_type', 'type'];
    const keys = await em.execute<{ key: string }[]>(
      `select ${key} as key from ${table} where ${key} collate "C" > ? order by ${key} collate "C" limit ?`,
      [after, limit],
    );
    return currentOf(
      em,
      topic,
      keys.map((row) => row.key),
      now,
    );
  }
}
