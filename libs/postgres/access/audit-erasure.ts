/**
 * Replaces personal data in the audit log, in steps. In: the oldest request that is not done. Out: entries in which its text is
 * replaced, and with it the address of whoever bore that name. What must hold: a step reads and writes so many
 * entries at most; who did what, when and to what stays; once it is done, nothing names whom it was about.
 */
import { ErasedSubject, erasedText } from '../../domain/access/erasure.ts';
import { parseLossless } from '../../domain/payload/lossless-json.ts';
import { recordset, type Run } from '../bulk.ts';
import type { Moments, SweepStep } from '../housekeeping/sweep-step.ts';

const readRowsMax = 10_000;
/** They travel, with all that they hold. */
const writtenRowsMax = 500;

interface Open {
  readonly id: string;
  readonly subject: string;
  readonly clientId: string | null;
  readonly seenTo: string;
  readonly upTo: string;
}

interface Entry {
  /** Null: what was looked at has nothing of it. */
  readonly id: string | null;
  readonly actorName: string | null;
  readonly address: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

export async function eraseStep(run: Run, { now }: Moments): Promise<SweepStep> {
  const [open] = await run<Open>(openSql);
  if (open === undefined) return { rows: 0, progress: '', isDone: true };
  const { id, subject, clientId, seenTo, upTo } = open;
  const folded = foldedOf(subject);
  const inJson = JSON.stringify(folded).slice(1, -1);
  const found = await run<Entry & { readonly last: string | null }>(pageSql, [
    ...[seenTo, upTo, clientId],
    ...[folded, inJson, subject],
  ]);
  const last = found[0]?.last ?? null;
  if (last === null) {
    await finish(run, open, now);
    return { rows: 0, progress: '', isDone: false };
  }
  const erased = new ErasedSubject(subject);
  const changed = found.flatMap((entry) => {
    const after = withoutSubject(entry, subject, erased);
    return after === null ? [] : [after];
  });
  if (changed.length > 0) {
    // The log takes no other change (migration 0216).
    await run("set local webhooks.audit_erasure = 'on'");
    await run(updateSql, [recordset(changed)]);
  }
  await run('update audit_erasure set seen_to_id = $2::bigint, entries = entries + $3 where id = $1', [
    ...[id, last, changed.length],
  ]);
  return { rows: changed.length, progress: '', isDone: false };
}

/** Null: nothing of it is there. */
function withoutSubject(entry: Entry, subject: string, erased: ErasedSubject): Entry | null {
  const { id, actorName, address, before, after } = entry;
  if (id === null) return null;
  const isActor = actorName !== null && erased.isIn(actorName);
  const next = {
    id,
    actorName: isActor ? erasedText : actorName,
    address: isActor || address === subject ? null : address,
    before: replacedIn(before, erased),
    after: replacedIn(after, erased),
  };
  return JSON.stringify(next) === JSON.stringify({ id, actorName, address, before, after }) ? null : next;
}

/** The text as it was where nothing is replaced. */
function replacedIn(json: string | null, erased: ErasedSubject): string | null {
  if (json === null) return null;
  const value = parseLossless(json);
  const text = JSON.stringify(erased.replacedIn(value));
  return text === JSON.stringify(value) ? json : text;
}

async function finish(run: Run, { id, clientId }: Open, now: Date): Promise<void> {
  const [done] = await run<{ entries: number }>(
    'update audit_erasure set subject = null, finished_at = $2 where id = $1 returning entries',
    [id, now],
  );
  await run(
    `insert into audit_entry (at, actor_kind, actor_id, client_id, action, object_kind, object_id, after)
    values ($1, 'system', 'monitor', $2, 'audit.erased', 'audit_erasure', $3, $4)`,
    [now, clientId, id, JSON.stringify({ entries: done?.entries ?? 0 })],
  );
}

/** Of letters without regard to case, whatever locale the database has: A to Z. */
function foldedOf(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
const folded = (column: string) => `translate(${column}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`;

const openSql = `
select id, subject, client_id as "clientId", seen_to_id::text as "seenTo", up_to_id::text as "upTo"
from audit_erasure where finished_at is null order by requested_at, id limit 1 for update`;

/** One row at least, with where the next step begins, unless nothing is left. What may have it is looked at closer here. */
const pageSql = `
with page as (
  select id, actor_name, address, before::text as before, after::text as after from audit_entry
  where id > $1::bigint and id <= $2::bigint and ($3::text is null or client_id = $3)
  order by id limit ${readRowsMax}
), found as (
  select * from page where position($4 in ${folded('actor_name')}) > 0 or address = $6
    or position($5 in ${folded('before')}) > 0 or position($5 in ${folded('after')}) > 0
  order by id limit ${writtenRowsMax}
), reached as (
  select case when (select count(*) from found) < ${writtenRowsMax} then (select max(id) from page)
    else (select max(id) from found) end as last
)
select reached.last::text as last, found.id::text as id, found.actor_name as "actorName", found.address,
  found.before, found.after
from reached left join found on true where reached.last is not null`;

const updateSql = `
update audit_entry a set actor_name = r."actorName", address = r.address, before = r.before::jsonb, after = r.after::jsonb
from json_to_recordset($1::json) as r(id bigint, "actorName" text, address text, before text, after text)
where a.id = r.id`;
