/**
 * Says something to a client: on webhook.notices through the outbox, and as a mail that waits to be sent where the
 * client gave addresses. In: notices. What must hold: they commit with the change that they tell of, and, as the outbox
 * is locked from here on, they are the last thing that a transaction writes.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Notice } from '../../domain/health/notice.ts';
import type { WebhookDefinition } from '../../domain/webhook/webhook.ts';
import { recordset, runIn } from '../bulk.ts';
import { definitionsTopic, noticesTopic } from './outbox-topics.ts';
import { appendToOutbox } from './outbox-writer.ts';

export interface Announcement {
  /** Null: the webhook is as it was. */
  readonly definition: WebhookDefinition | null;
  readonly notice: Notice;
}

/** Must run inside a transaction of `em`. @param areMailed false where mails are not sent at all */
export async function announce(
  em: EntityManager,
  announcements: readonly Announcement[],
  areMailed: boolean,
  now: Date,
): Promise<void> {
  if (announcements.length === 0) return;
  if (areMailed) {
    const mails = announcements.map(({ notice }) => ({
      client_id: notice.clientid,
      webhook_id: notice.subject,
      type: notice.type,
      notice,
    }));
    await runIn(em)(insertMails, [recordset(mails), now.toISOString()]);
  }
  await appendToOutbox(
    em,
    announcements.flatMap(({ definition, notice }) => [
      ...(definition === null ? [] : [{ topic: definitionsTopic, key: definition.id, value: definition }]),
      { topic: noticesTopic, key: notice.clientid, value: { ...notice } },
    ]),
    now,
  );
}

// What no address is given for is not kept.
const insertMails = `
insert into notice_mail (client_id, webhook_id, type, notice, created_at, next_try_at)
select i.client_id, i.webhook_id, i.type, i.notice, $2::timestamptz, $2::timestamptz
from json_to_recordset($1::json) as i(client_id text, webhook_id text, type text, notice json)
join client c on c.id = i.client_id
where jsonb_array_length(c.notice_emails) > 0`;
