/**
 * Mails that wait. In: the time now. Out: what to send, to one client at a time. What must hold: of a webhook and a state
 * at most one mail is sent to an address in half an hour; a mail that was taken is nobody else's until it is said what
 * became of it, or a few minutes have passed; an address that got it is not sent it again for another that did not.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { MailedNotice } from '../../domain/health/notice-mail.ts';
import type { Notice } from '../../domain/health/notice.ts';
import { inTransaction } from '../bulk.ts';
import { isTurn } from '../turn.ts';

export interface WaitingMail {
  readonly clientId: string;
  readonly clientName: string;
  readonly addresses: readonly string[];
  readonly notices: readonly MailedNotice[];
  readonly rowIds: readonly string[];
}

/** What became of a mail. */
export interface Settled {
  /** Addresses that got it. */
  readonly reached: readonly string[];
  /** Addresses that are not tried again: these, and those that will never get it. */
  readonly over: readonly string[];
  /** No address is left. */
  readonly isDone: boolean;
}

export interface MailRules {
  /** A client's notices wait so long for others to go with them, in milliseconds. */
  readonly gatherMs: number;
  /** From one mail about a webhook and a state to the next, in milliseconds. */
  readonly quietMs: number;
}

interface Row {
  readonly id: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly addresses: readonly string[];
  readonly notice: Notice;
}

/** A mail that was taken and of which nothing more was heard is sent again after this: longer than any takes. */
const takenMs = 300_000;
const retryMs = [60_000, 300_000, 900_000, 3_600_000];
const rowsMax = 5_000;

export class NoticeMailStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** The next one; null: none is due. */
  async take({ gatherMs, quietMs }: MailRules, now: Date): Promise<WaitingMail | null> {
    const before = (ms: number) => new Date(now.getTime() - ms);
    const rows = await inTransaction(this.em, async (run) => {
      if (!(await isTurn(run, 'notice_mail'))) return [];
      const taken = new Date(now.getTime() + takenMs);
      return run<Row>(takeMails, [now, before(gatherMs), before(quietMs), taken]);
    });
    return rows.length === 0 ? null : mailOf(rows);
  }

  async settle(rowIds: readonly string[], { reached, over, isDone }: Settled, now: Date): Promise<void> {
    await inTransaction(this.em, (run) =>
      run(settleMails, [rowIds, now, retryMs.map((ms) => ms / 1_000), over, reached.length > 0, isDone]),
    );
  }
}

/** Rows come oldest first. */
function mailOf(rows: readonly Row[]): WaitingMail {
  const [first] = rows;
  if (first === undefined) throw new Error('a mail about nothing');
  const byKey = Map.groupBy(rows, ({ notice }) => `${notice.type} ${notice.subject}`);
  const notices = [...byKey.values()].flatMap((same) => {
    const newest = same.at(-1);
    return newest === undefined ? [] : [{ notice: newest.notice, count: same.length }];
  });
  const { clientId, clientName, addresses } = first;
  return { clientId, clientName, addresses, notices, rowIds: rows.map(({ id }) => id) };
}

/** Of those that are due, the ones of the first client that lack the same addresses. */
const takeMails = `
with ready as (
  select m.id, m.client_id, m.over_addresses from notice_mail m
  where m.sent_at is null and m.next_try_at <= $1
    -- The first of a client's notices waits for others; then all go that may.
    and exists (select 1 from notice_mail o
      where o.client_id = m.client_id and o.sent_at is null and o.created_at <= $2)
    and not exists (select 1 from notice_mail o
      where o.webhook_id = m.webhook_id and o.type = m.type and o.id <> m.id
        and (coalesce(o.reached_at, o.sent_at) > $3 or (o.sent_at is null and o.tries > 0 and o.next_try_at > $1)))
  order by m.id limit ${rowsMax}
), taken as (
  update notice_mail m set tries = tries + 1, next_try_at = $4
  from ready, (select client_id, over_addresses from ready order by id limit 1) first
  where m.id = ready.id and ready.client_id = first.client_id and ready.over_addresses = first.over_addresses
  returning m.id, m.client_id, m.notice, m.over_addresses
)
select taken.id::text as id, taken.client_id as "clientId", c.name as "clientName",
  array(select jsonb_array_elements_text(c.notice_emails) except select unnest(taken.over_addresses)) as addresses,
  taken.notice
from taken join client c on c.id = taken.client_id
order by taken.id`;

const settleMails = `
update notice_mail set
  over_addresses = over_addresses || $4::text[],
  reached_at = case when $5::boolean then $2::timestamptz else reached_at end,
  sent_at = case when $6::boolean then $2::timestamptz end,
  next_try_at = $2::timestamptz + make_interval(secs => ($3::float8[])[least(tries, ${retryMs.length})])
where id = any($1::bigint[])`;
