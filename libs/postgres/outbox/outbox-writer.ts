/**
 * Writes what has to go to Kafka in the transaction of the change itself. The outbox's lock is held from here to
 * the commit (see the trigger in migration 0001), so this is the last thing that a transaction does: any row lock
 * taken after it could wait for somebody who waits for the outbox.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { WebhookDefinition } from '../../domain/webhook/webhook.ts';
import type { EventType } from '../../domain/event/event-type.ts';
import { OutboxRow } from '../entities/outbox.ts';

export interface OutboxMessage {
  /** Topic without TOPIC_PREFIX (libs/wire/topics.ts). */
  readonly topic: string;
  readonly key: string;
  /** Null: a tombstone. */
  readonly value: WebhookDefinition | EventType | Readonly<Record<string, unknown>> | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Must run inside a transaction of `em`. Messages are published in this order, after those committed before. */
export async function appendToOutbox(em: EntityManager, messages: readonly OutboxMessage[], now: Date): Promise<void> {
  if (messages.length === 0) return;
  if (!em.isInTransaction()) throw new Error('the outbox is written in the transaction of its change');
  await em.insertMany(
    OutboxRow,
    messages.map(({ topic, key, value, headers }) => ({ topic, key, value, headers: headers ?? {}, createdAt: now })),
  );
}
