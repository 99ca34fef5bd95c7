/** What is written with every change of a webhook. Holds: it is the last thing that its transaction does, as the outbox is locked then. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { noticeOf, type NoticeType } from '../../domain/health/notice.ts';
import { appendAudit, type AuditedChange } from '../access/audit-store.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import { definitionsTopic, noticesTopic } from '../outbox/outbox-topics.ts';
import { appendToOutbox } from '../outbox/outbox-writer.ts';
import { readDefinition } from './webhook-definition.ts';

export function changeOf(row: WebhookRow, action: string) {
  return { action, objectKind: 'webhook', objectId: row.id, clientId: row.clientId } as const;
}

/** In the transaction of `em`: its audit entry, its definition and its notice. */
export async function publish(
  em: EntityManager,
  row: WebhookRow,
  notice: NoticeType,
  change: AuditedChange,
  actor: Actor,
  now: Date,
): Promise<void> {
  const definition = await readDefinition(em, row, now);
  await appendAudit(em, change, actor, now);
  const { isActive, disabledBy, disabledReason, version } = definition;
  const said = noticeOf(notice, row, now.getTime(), { isActive, disabledBy, disabledReason, version });
  await appendToOutbox(
    em,
    [
      { topic: definitionsTopic, key: row.id, value: definition },
      { topic: noticesTopic, key: row.clientId, value: { ...said } },
    ],
    now,
  );
}
