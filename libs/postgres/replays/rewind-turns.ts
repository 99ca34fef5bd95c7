/**
 * What a rewind does to its webhook. In: the replay, and what fan-out is to do with new events from now on. Out: the row and its
 * definition, committed together. Holds: a webhook that is rewound by another replay, or by none any more, is left alone.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { RewoundWebhook } from '../../domain/delivery/rewind.ts';
import type { ReplayTarget } from '../../domain/delivery/replay.ts';
import type { RewindHold } from '../../domain/webhook/webhook.ts';
import type { Run } from '../bulk.ts';
import { WebhookRow } from '../entities/webhook.ts';
import { transacted } from '../limits.ts';
import { appendToOutbox } from '../outbox/outbox-writer.ts';
import { notRewound, readDefinition } from '../webhooks/webhook-definition.ts';
import { definitionsTopic } from '../outbox/outbox-topics.ts';

export type RewindTarget = RewoundWebhook & ReplayTarget;

/** Null: it was deleted, was disabled meanwhile, or is rewound by another replay. */
export async function rewindTarget(run: Run, webhookId: string, replayId: string): Promise<RewindTarget | null> {
  const [found] = await run<RewindTarget>(
    `select id, client_id as "clientId", is_active as "isActive", format, filter, event_types as "eventTypes"
    from webhook where id = $1 and rewind_id = $2 and is_active`,
    [webhookId, replayId],
  );
  return found ?? null;
}

/** Whether Kafka has all that the webhook's definition is to be. */
export async function isDefinitionOut(run: Run, webhookId: string): Promise<boolean> {
  const [found] = await run<{ is: boolean }>(
    'select not exists (select from outbox where key = $1 and topic = $2) as is',
    [webhookId, definitionsTopic],
  );
  return found?.is === true;
}

export class RewindTurns {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null: fan-out delivers what comes. Of no change nothing is written. */
  async turn(replayId: string, rewind: RewindHold | null, now: Date): Promise<void> {
    await transacted(this.em, async (em) => {
      const row = await found(em, replayId);
      if (row === null || (row.rewind ?? null) === rewind) return;
      em.assign(row, { rewind });
      await published(em, row, now);
    });
  }
}

/** In the transaction of `em`. */
export async function endRewind(em: EntityManager, replayId: string, now: Date): Promise<void> {
  const row = await found(em, replayId);
  if (row === null) return;
  em.assign(row, notRewound);
  await published(em, row, now);
}

function found(em: EntityManager, replayId: string): Promise<WebhookRow | null> {
  return em.findOne(WebhookRow, { rewindId: replayId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

/** Nobody changed the webhook, so its version stays. */
async function published(em: EntityManager, row: WebhookRow, now: Date): Promise<void> {
  await em.flush();
  await appendToOutbox(em, [{ topic: definitionsTopic, key: row.id, value: await readDefinition(em, row, now) }], now);
}
