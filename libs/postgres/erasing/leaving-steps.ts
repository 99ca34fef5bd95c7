/**
 * What a client has, table by table, erased in portions. In: the client, and behind which row to go on. Out: how many rows went, and
 * where the next portion begins. Holds: a portion reads and deletes a bounded number of rows, along an index; rows are locked
 * before the outbox is.
 */
import type { Run } from '../bulk.ts';
import { deleteDeliveries, deleteEvents, type DeliveryKey } from '../history/delete-deliveries.ts';
import { lockChange } from '../housekeeping/partition-days.ts';
import { definitionsTopic } from '../outbox/outbox-topics.ts';

/** In this order: what makes new rows ends before what they would be in. */
export const leavingSteps = [
  'webhooks',
  'barrier',
  'deliveries',
  'events',
  'stats',
  'hourlyStats',
  'replays',
  'idempotencyKeys',
  'rejectedEvents',
  'auditEntries',
  'client',
] as const;
export type LeavingStep = (typeof leavingSteps)[number];

export interface Portion {
  readonly rows: number;
  /** Null: from the beginning. */
  readonly position: string | null;
  readonly isDone: boolean;
}

/** Each is a record on Kafka too, and nobody else's change is published meanwhile. */
export const webhooksPerPortion = 200;
const deliveriesPerPortion = 1_000;
/** Each may have hundreds of KiB. */
const eventsPerPortion = 500;
const rowsPerPortion = 5_000;
/** Rows of anybody that are looked at. */
const lookedPerPortion = 20_000;
/** Each may have 16 KiB that are looked through. */
const rejectedPerPortion = 2_000;

type Erase = (run: Run, clientId: string, position: string | null) => Promise<Portion>;

export const leavingErasers: Readonly<Record<LeavingStep, Erase>> = {
  webhooks: async (run, clientId) => {
    const rows = await eraseWebhooks(run, clientId);
    return { rows, position: null, isDone: rows < webhooksPerPortion };
  },
  // Whoever wrote history before the client left has committed; whoever comes now sees that it did.
  barrier: async (run) => {
    await lockChange(run);
    return { rows: 0, position: null, isDone: true };
  },
  deliveries: counted(deliveriesPerPortion, eraseDeliveries),
  events: counted(eventsPerPortion, eraseOwnEvents),
  stats: counted(rowsPerPortion, deletedByPlace('delivery_stats', 'client_id = $1')),
  hourlyStats: paged(hourlySql, lookedPerPortion),
  replays: counted(rowsPerPortion, deleted('replay', 'id', 'select id from replay where client_id = $1')),
  idempotencyKeys: counted(rowsPerPortion, eraseAnswers),
  rejectedEvents: paged(rejectedSql, rejectedPerPortion),
  auditEntries: async (run, clientId, position) => {
    // The log takes no other change (migration 0216).
    await run("set local webhooks.audit_erasure = 'on'");
    return paged(auditSql, rowsPerPortion)(run, clientId, position);
  },
  client: async (run, clientId) => {
    // Made by a process that does not know yet that the client leaves: begun anew (client-leaving-store.ts).
    if ((await run('select 1 from webhook where client_id = $1 limit 1', [clientId])).length > 0)
      return { rows: 0, position: null, isDone: false };
    await run('delete from replay where client_id = $1', [clientId]);
    // With its keys and mails.
    await run('delete from client where id = $1', [clientId]);
    return { rows: 1, position: null, isDone: true };
  },
};

/** With secrets and headers. Who has a definition of one learns by its tombstone that it is no more. */
export async function eraseWebhooks(run: Run, clientId: string): Promise<number> {
  const found = await run<{ id: string }>(
    `select id from webhook where client_id = $1 order by id limit ${webhooksPerPortion} for update`,
    [clientId],
  );
  if (found.length === 0) return 0;
  const ids = JSON.stringify(found.map(({ id }) => id));
  const named = `in (select value from json_array_elements_text($1::json) value)`;
  await run(`delete from webhook where id ${named}`, [ids]);
  await run(`delete from webhook_health where webhook_id ${named}`, [ids]);
  await run(
    `insert into outbox (topic, key, value, headers, created_at)
    select $2::text, value, null, '{}', clock_timestamp() from json_array_elements_text($1::json) value`,
    [ids, definitionsTopic],
  );
  return found.length;
}

/** Deletes from the beginning: done when less than a portion was there. */
function counted(limit: number, erase: (run: Run, clientId: string, limit: number) => Promise<number>): Erase {
  return async (run, clientId) => {
    const rows = await erase(run, clientId, limit);
    return { rows, position: null, isDone: rows < limit };
  };
}

function deleted(table: string, key: string, select: string) {
  return async (run: Run, clientId: string, limit: number): Promise<number> => {
    const [gone] = await run<{ count: number }>(
      `with gone as (delete from ${table} where ${key} in (${select} limit ${limit}) returning 1)
      select count(*)::int as count from gone`,
      [clientId],
    );
    return gone?.count ?? 0;
  };
}

/** Of a table that is not partitioned. @param isIts a condition on $1, the client */
function deletedByPlace(table: string, isIts: string) {
  return async (run: Run, clientId: string, limit: number): Promise<number> => {
    const [gone] = await run<{ count: number }>(
      `with gone as (
        delete from ${table} where ctid = any(array(select ctid from ${table} where ${isIts} limit ${limit})) and ${isIts}
        returning 1
      ) select count(*)::int as count from gone`,
      [clientId],
    );
    return gone?.count ?? 0;
  };
}

/** Of a session they go by their age, within a day: nothing says any more whose it was. */
const answersOfKeys = deletedByPlace('idempotency_key', 'owner in (select id from api_key where client_id = $1)');
const publishedLately = deletedByPlace('published_event', 'owner = $1');

/** What may be answered again: to its keys, and about what was published for it. */
async function eraseAnswers(run: Run, clientId: string, limit: number): Promise<number> {
  const answers = await answersOfKeys(run, clientId, limit);
  return answers === limit ? answers : answers + (await publishedLately(run, clientId, limit - answers));
}

async function eraseDeliveries(run: Run, clientId: string, limit: number): Promise<number> {
  const page = await run<DeliveryKey>(
    `select id, day_time::text as day from delivery where client_id = $1 order by id desc limit ${limit}`,
    [clientId],
  );
  await deleteDeliveries(run, page);
  return page.length;
}

async function eraseOwnEvents(run: Run, clientId: string, limit: number): Promise<number> {
  const page = await run<DeliveryKey>(
    `select event_key as id, day_time::text as day from event where client_id = $1 order by event_key desc limit ${limit}`,
    [clientId],
  );
  await deleteEvents(run, page);
  return page.length;
}

/** Looks at all rows, page by page: the statement answers with the last one, how many it saw and how many it changed. */
function paged(sql: (limit: number) => string, limit: number): Erase {
  return async (run, clientId, position) => {
    const [page] = await run<{ last: string | null; seen: number; changed: number }>(sql(limit), [clientId, position]);
    const isDone = (page?.seen ?? 0) < limit;
    return { rows: page?.changed ?? 0, position: isDone ? null : (page?.last ?? null), isDone };
  };
}

/** Their key begins with the webhook, which is no more: all of them are looked through. The position is a key. */
function hourlySql(limit: number): string {
  return `
with page as materialized (
  select ctid as place, webhook_id, client_id, bucket from delivery_stats_hour
  where $2::text is null
    or (webhook_id, client_id, bucket) > ($2::json ->> 0, $2::json ->> 1, ($2::json ->> 2)::timestamptz)
  order by webhook_id, client_id, bucket limit ${limit}
), changed as (
  delete from delivery_stats_hour where ctid = any(array(select place from page where client_id = $1)) and client_id = $1
  returning 1
)
select (select json_build_array(webhook_id, client_id, bucket)::text from page
    order by webhook_id desc, client_id desc, bucket desc limit 1) as last,
  (select count(*)::int from page) as seen, (select count(*)::int from changed) as changed`;
}

/**
 * No column says whose a rejected event was: where its key or a clientid in its text is the client, nothing of it is kept. The id
 * alone may be a word of anybody's event (`order`, `type`).
 */
function rejectedSql(limit: number): string {
  return `
with page as materialized (
  select id, key = $1 or value ~ ('"[cC]lient[_-]?[iI][dD]"\\s*:\\s*"?' || replace($1, '.', '\\.') || '"?\\s*([,}]|$)') as is_its
  from rejected_event where $2::text is null or id > $2 order by id limit ${limit}
), changed as (
  update rejected_event r set key = null, value = null, value_state = 'erased' from page p
  where r.id = p.id and p.is_its returning 1
)
select (select max(id) from page) as last, (select count(*)::int from page) as seen,
  (select count(*)::int from changed) as changed`;
}

/** Who did what and when stays, of the operator's people their names too. */
function auditSql(limit: number): string {
  return `
with page as materialized (
  select id from audit_entry where client_id = $1 and ($2::bigint is null or id < $2::bigint) order by id desc limit ${limit}
), changed as (
  update audit_entry a set before = null, after = null, address = null,
    actor_name = case when a.actor_kind = 'portal' or a.actor_id in (select k.id from api_key k where k.client_id = $1)
      then null else a.actor_name end
  from page p where a.id = p.id returning 1
)
select (select min(id) from page)::text as last, (select count(*)::int from page) as seen,
  (select count(*)::int from changed) as changed`;
}
