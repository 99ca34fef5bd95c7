/**
 * Day partitions of the history: made ahead, dropped when they are past retention. In: the time now. Out: what was
 * made and dropped, one step at a time, each a transaction of bounded length. What must hold: rows are only ever
 * dropped past retention; a day whose few rows lie in the default partition already gets its partition with them in
 * it, one with many keeps them there until they are past retention; doing it twice, or two at once, does it once.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Run } from '../bulk.ts';
import {
  bytesOfDefault,
  daysInDefault,
  deleteExpired,
  expiredRowsMax,
  freeName,
  hasMoreRows,
  letIn,
  proofOf,
  prove,
} from './default-partition.ts';
import { dayMs } from '../../domain/day.ts';
import {
  bounds,
  digitsOf,
  firstIdAt,
  keyOf,
  lockChange,
  partitionedTables,
  type PartitionedTable,
} from './partition-days.ts';
import { isTurn } from '../turn.ts';

/** Days ahead that have their partition before anybody needs it. */
export const partitionDaysAhead = 7;

export interface PartitionRules {
  /** Days after today that have a partition. */
  readonly daysAhead: number;
  /** Days before today that are kept; null keeps all. */
  readonly retentionDays: number | null;
  /** Rows of a day that are moved into its partition; of a day with more all stay. Default: 20,000, half a second */
  readonly movedRowsMax?: number;
  /** A default partition up to this size is looked through while others wait. Default: 256 MiB, a moment */
  readonly scannedBytesMax?: number;
  /** Whether a larger one is looked through beside its readers and writers: for up to an hour. Default: true */
  readonly isProving?: boolean;
}

export interface PartitionReport {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** Rows that went from a default partition to one of their day. */
  readonly movedRows: number;
  /** Rows past retention that were in no partition of their own. */
  readonly deletedRows: number;
}

/** Whoever waits for an exclusive lock makes all others wait behind it: rather try again later. */
export const partitionLimits = { lockMs: 3_000, statementMs: 10_000 };

/**
 * All that is to do now. Null when another process is at it; what was done before it came to it is reported.
 * @throws the driver's error, a lock that is not to be had in time included
 */
export async function maintainPartitions(
  em: EntityManager,
  now: number,
  rules: PartitionRules,
): Promise<PartitionReport | null> {
  const today = Math.floor(now / dayMs) * dayMs;
  const step = <T>(work: (run: Run) => Promise<T>) => inTransaction(em, work, partitionLimits);
  const report = { created: [] as string[], dropped: [] as string[], movedRows: 0, deletedRows: 0 };
  for (const table of partitionedTables) {
    if (rules.retentionDays !== null) {
      const oldestKept = (await step((run) => historyDay(run, today))) - rules.retentionDays * dayMs;
      for (let isOver = false; !isOver;) {
        const dropped = await step((run) => dropPartition(run, table, oldestKept));
        if (dropped === null) return somethingOf(report);
        if (dropped.name === null) isOver = true;
        else report.dropped.push(dropped.name);
      }
      for (let deleted = expiredRowsMax; deleted === expiredRowsMax; report.deletedRows += deleted) {
        deleted = await step((run) => deleteExpired(run, table, oldestKept));
      }
    }
    for (let isOver = false; !isOver;) {
      const made = await step((run) => makePartition(run, table, today, rules));
      if (made === null) return somethingOf(report);
      isOver = made.isOver;
      report.movedRows += made.movedRows;
      if (made.name !== null) report.created.push(made.name);
    }
  }
  return report;
}

function somethingOf(report: PartitionReport): PartitionReport | null {
  return report.created.length + report.dropped.length + report.deletedRows > 0 ? report : null;
}

/**
 * Held by a transaction that writes history, and exclusively by one that changes partitions: a row that was routed
 * before its day got a partition would be refused by the default one.
 */
export const keepPartitions = "select pg_advisory_xact_lock_shared(hashtext('webhooks.partitions.change'))";

/**
 * The day that retention is counted from: today, but no later than the newest day that has rows. A clock that is ahead
 * makes no history old. Tells days apart, not more.
 */
export async function historyDay(run: Run, today: number): Promise<number> {
  let newest = -Infinity;
  for (const table of ['event', 'delivery'] as const) {
    // The key begins with the time, so each partition has its newest row at the end of its index.
    const [row] = await run<{ at: number }>(
      `select (extract(epoch from day_time) * 1000)::float8 as at from ${table} order by ${keyOf[table]} desc limit 1`,
    );
    if (row !== undefined) newest = Math.max(newest, Math.floor(row.at / dayMs) * dayMs);
  }
  return newest === -Infinity ? today : Math.min(today, newest);
}

export interface MadePartition {
  /** Null: none was made in this step. */
  readonly name: string | null;
  readonly movedRows: number;
  /** There is nothing more to make. */
  readonly isOver: boolean;
}

/** The next step towards the partitions that are wanted. Null when another process is at it. */
export async function makePartition(
  run: Run,
  table: PartitionedTable,
  today: number,
  {
    daysAhead,
    retentionDays,
    movedRowsMax = 20_000,
    scannedBytesMax = 256 * 1024 * 1024,
    isProving = true,
  }: PartitionRules,
): Promise<MadePartition | null> {
  if (!(await isTurn(run, 'partitions'))) return null;
  const nothing = { name: null, movedRows: 0 };
  const known = new Set((await partitionsOf(run, table)).map(({ day }) => day));
  const last = today + daysAhead * dayMs;
  const wanted = new Set<number>();
  for (let day = today; day <= last; day += dayMs) wanted.add(day);
  // Days past retention need none any more, and those further ahead get theirs in time.
  const first = retentionDays === null ? -Infinity : today - retentionDays * dayMs;
  const waiting = await daysInDefault(run, table, last);
  for (const day of waiting) if (day >= first) wanted.add(day);
  const isLarge = (await bytesOfDefault(run, table)) > scannedBytesMax;
  const missing = [...wanted].filter((one) => !known.has(one)).sort((a, b) => a - b);
  for (const day of missing) {
    const hasRows = waiting.includes(day);
    if (hasRows && (isLarge || (await hasMoreRows(run, table, day, movedRowsMax)))) {
      await letIn(run, table, day);
      continue;
    }
    const proof = isLarge ? await proofOf(run, table, day) : 'free';
    if (proof !== 'free') {
      if (!isProving) continue;
      await prove(run, table, day, proof);
      return { ...nothing, isOver: false };
    }
    const movedRows = await createPartition(run, table, day);
    return { name: partitionName(table, day), movedRows, isOver: day === missing.at(-1) };
  }
  return { ...nothing, isOver: true };
}

/** Drops the oldest partition that is past retention; a null name: there is none. Null when another process is at it. */
export async function dropPartition(
  run: Run,
  table: PartitionedTable,
  oldestKept: number,
): Promise<{ readonly name: string | null } | null> {
  if (!(await isTurn(run, 'partitions'))) return null;
  const [oldest] = await partitionsOf(run, table);
  if (oldest === undefined || oldest.day >= oldestKept) return { name: null };
  // It would wait for that, and everybody for it: the next run drops it.
  if (await isBeingIndexed(run, oldest.name)) return { name: null };
  await lockChange(run);
  await run(`drop table ${oldest.name}`);
  return { name: oldest.name };
}

async function isBeingIndexed(run: Run, table: string): Promise<boolean> {
  const builds = await run(
    `select pid from pg_stat_progress_create_index where relid = $1::regclass and datname = current_database()`,
    [table],
  );
  return builds.length > 0;
}

/** Such as delivery_p20260131. */
export function partitionName(table: PartitionedTable, day: number): string {
  return `${table}_p${digitsOf(day)}`;
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

/** Returns how many rows of that day the default partition had. */
async function createPartition(run: Run, table: PartitionedTable, day: number): Promise<number> {
  await lockChange(run);
  const name = partitionName(table, day);
  const [from, to] = bounds(day);
  // Attached rather than created in place: that locks the default partition, but not the readers of the others.
  await run(`create table ${name} (like ${table} including defaults including constraints)`);
  await run(`lock table ${table}_default in access exclusive mode`);
  const [moved] = await run<{ count: string }>(
    `with gone as (
       delete from ${table}_default
       where ${keyOf[table]} >= $3::uuid and ${keyOf[table]} < $4::uuid and day_time >= $1 and day_time < $2 returning *
     ),
     kept as (insert into ${name} select * from gone returning 1)
     select count(*)::text as count from kept`,
    [from, to, firstIdAt(day), firstIdAt(day + dayMs)],
  );
  await run(`alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}')`);
  await run(`alter table ${table}_default drop constraint if exists ${freeName(table, day)}`);
  return Number(moved?.count ?? 0);
}
