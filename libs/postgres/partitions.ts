/**
 * Day partitions of the history: made ahead, dropped when they are past retention. In: the time now. Out: what was
 * made and dropped. What must hold: rows are only ever dropped past retention; a day whose rows lie in the default
 * partition already gets its partition with them in it; doing it twice, or two at once, does it once.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Run } from './bulk.ts';

const dayMs = 86_400_000;

/** Days ahead that have their partition before anybody needs it. */
export const partitionDaysAhead = 7;

export const partitionedTables = ['event', 'delivery', 'delivery_attempt'] as const;
export type PartitionedTable = (typeof partitionedTables)[number];

export interface PartitionRules {
  /** Days after today that have a partition. */
  readonly daysAhead: number;
  /** Days before today that are kept; null keeps all. */
  readonly retentionDays: number | null;
}

export interface PartitionReport {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** Rows that went from a default partition to one of their day. */
  readonly movedRows: number;
  /** Rows past retention that were in no partition of their own. */
  readonly deletedRows: number;
}

/** Null when another process is at it. @throws the driver's error, a lock that is not to be had in time included */
export async function maintainPartitions(
  em: EntityManager,
  now: number,
  rules: PartitionRules,
): Promise<PartitionReport | null> {
  const today = Math.floor(now / dayMs) * dayMs;
  const oldestKept = rules.retentionDays === null ? null : today - rules.retentionDays * dayMs;
  let report: PartitionReport = { created: [], dropped: [], movedRows: 0, deletedRows: 0 };
  for (const table of partitionedTables) {
    // A transaction for each table, so that no more than one is locked at a time.
    const done = await inTransaction(em, (run) => maintainTable(run, table, today, oldestKept, rules.daysAhead));
    if (done === null) return null;
    report = {
      created: [...report.created, ...done.created],
      dropped: [...report.dropped, ...done.dropped],
      movedRows: report.movedRows + done.movedRows,
      deletedRows: report.deletedRows + done.deletedRows,
    };
  }
  return report;
}

/**
 * Held by a transaction that writes history, and exclusively by one that changes partitions: a row that was routed
 * before its day got a partition would be refused by the default one.
 */
export async function keepPartitions(run: Run): Promise<void> {
  await run("select pg_advisory_xact_lock_shared(hashtext('webhooks.partitions.change'))");
}

async function maintainTable(
  run: Run,
  table: PartitionedTable,
  today: number,
  oldestKept: number | null,
  daysAhead: number,
): Promise<PartitionReport | null> {
  const [lock] = await run<{ got: boolean }>(
    "select pg_try_advisory_xact_lock(hashtext('webhooks.partitions')) as got",
  );
  if (lock?.got !== true) return null;
  // Whoever waits for an exclusive lock makes all others wait behind it: rather try again later.
  await run("set local lock_timeout = '3s'");
  await run("select pg_advisory_xact_lock(hashtext('webhooks.partitions.change'))");
  const existing = await partitionsOf(run, table);
  const dropped = oldestKept === null ? [] : existing.filter(({ day }) => day < oldestKept);
  for (const { name } of dropped) await run(`drop table ${name}`);
  const deletedRows = oldestKept === null ? 0 : await deleteExpired(run, table, oldestKept);
  const known = new Set(existing.map(({ day }) => day));
  const wanted = new Set(await daysInDefault(run, table));
  for (let ahead = 0; ahead <= daysAhead; ahead += 1) wanted.add(today + ahead * dayMs);
  const created = [...wanted].filter((day) => !known.has(day)).sort((a, b) => a - b);
  let movedRows = 0;
  for (const day of created) movedRows += await createPartition(run, table, day);
  return {
    created: created.map((day) => partitionName(table, day)),
    dropped: dropped.map(({ name }) => name),
    movedRows,
    deletedRows,
  };
}

/** Such as delivery_p20260131. */
export function partitionName(table: PartitionedTable, day: number): string {
  return `${table}_p${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** The partitions of days that a table has, oldest first. */
export async function partitionsOf(run: Run, table: PartitionedTable): Promise<{ name: string; day: number }[]> {
  const rows = await run<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and c.relname ~ '_p[0-9]{8}$' order by 1`,
    [table],
  );
  return rows.map(({ name }) => ({ name, day: dayOfName(name) }));
}

function dayOfName(name: string): number {
  const digits = name.slice(-8);
  return Date.parse(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}T00:00:00Z`);
}

/** Outliers past retention: they have no partition that could be dropped. */
async function deleteExpired(run: Run, table: PartitionedTable, oldestKept: number): Promise<number> {
  const [gone] = await run<{ count: string }>(
    `with gone as (delete from ${table}_default where day_time < $1 returning 1) select count(*)::text as count from gone`,
    [new Date(oldestKept)],
  );
  return Number(gone?.count ?? 0);
}

async function daysInDefault(run: Run, table: PartitionedTable): Promise<number[]> {
  const rows = await run<{ day: string }>(
    `select distinct to_char(day_time at time zone 'UTC', 'YYYY-MM-DD') as day from ${table}_default`,
  );
  return rows.map(({ day }) => Date.parse(`${day}T00:00:00Z`));
}

/** Returns how many rows of that day the default partition had. */
async function createPartition(run: Run, table: PartitionedTable, day: number): Promise<number> {
  const name = partitionName(table, day);
  const [from, to] = [new Date(day).toISOString(), new Date(day + dayMs).toISOString()];
  // Attached rather than created in place: that locks the default partition, but not the readers of the others.
  await run(`create table ${name} (like ${table} including defaults including constraints)`);
  await run(`lock table ${table}_default in access exclusive mode`);
  const [moved] = await run<{ count: string }>(
    `with gone as (delete from ${table}_default where day_time >= $1 and day_time < $2 returning *),
     kept as (insert into ${name} select * from gone returning 1)
     select count(*)::text as count from kept`,
    [from, to],
  );
  await run(`alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}')`);
  return Number(moved?.count ?? 0);
}
