/**
 * In: a row of the outbox that Kafka has. Out: one line in the log for the definition that it changes, whoever changed it: the API, the
 * monitor or an operator. Holds: ids and states alone; no URL, name or secret. Who did it is in the audit log.
 */
import type { EventType } from '../../../libs/domain/event/event-type.ts';
import type { WebhookDefinition } from '../../../libs/domain/webhook/webhook.ts';
import type { OutboxRecord } from '../../../libs/postgres/outbox/outbox-store.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { topics } from '../../../libs/wire/topics.ts';

export function sayChange(
  logger: Pick<Logger, 'info'>,
  { topic, key, value }: Pick<OutboxRecord, 'topic' | 'key' | 'value'>,
): void {
  if (topic === topics.definitions.name) {
    const webhook = value as WebhookDefinition | null;
    const { clientId, version, isActive, disabledBy } = webhook ?? {};
    const of = webhook === null ? {} : { clientId, version, isActive, ...(disabledBy === null ? {} : { disabledBy }) };
    logger.info({ webhookId: key, ...of }, `webhook ${changeOf(webhook, 'registered')}`);
  } else if (topic === topics.eventTypes.name) {
    const entry = value as EventType | null;
    const of = entry === null ? {} : { version: entry.version };
    logger.info({ eventType: key, ...of }, `event type ${changeOf(entry, 'catalogued')}`);
  }
}

function changeOf(value: { readonly version: number } | null, made: string): string {
  if (value === null) return 'deleted';
  return value.version === 1 ? made : 'updated';
}
