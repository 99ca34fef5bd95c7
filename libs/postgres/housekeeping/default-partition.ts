/**
 * What lies in the default partition of a table of the history: rows of days that have no partition of their own. In: a
 * day. Out: what is there of it. What must hold: nothing here holds up readers or writers for longer than a moment.
 */
import type { Run } from '../bulk.ts';
import { dayMs } from '../../domain/day.ts';
import { bounds, digitsOf, firstIdAt, keyOf, lockChange, type PartitionedTable } from './partition-days.ts';

/** Rows past retention that are deleted in one transaction. */
export const expiredRowsMax = 10_000;
/** Holds up nobody, however long it takes. */
const lookThroughMs = 3_600_000;
/** The server gives up first, and says so. */
const lookThroughAnswerMs = lookThroughMs + 60_000;

/** Rows past retention that have no partition that could be dropped. Returns how many; as many as it may, there are more. */
export async function deleteExpired(run: Run, table: PartitionedTable, oldestKept: number): Promise<number> {
  const key = keyOf[table];
  const [gone] = await run<{ count: number }>(
    `with gone as (
      delete from ${table}_default where ctid = any(array(
        select ctid from ${table}_default where ${key} < $2::uuid and day_time < $1 order by ${key} limit ${expiredRowsMax}
      )) and day_time < $1 returning 1
    ) select count(*)::int as count from gone`,
    [new Date(oldestKept), firstIdAt(oldestKept)],
  );
  return gone?.count ?? 0;
}

/**
 * Days up to `last` of which the default partition has rows, from one to the next by the primary key. A producer whose clock
 * is wrong may have left rows of any year behind them.
 */
export async function daysInDefault(run: Run, table: PartitionedTable, last: number): Promise<number[]> {
  const key = keyOf[table];
  const days: number[] = [];
  for (let from = 0; days.length < daysMax && from <= last;) {
    const [next] = await run<{ at: number }>(
      `select (extract(epoch from day_time) * 1000)::float8 as at from ${table}_default
       where ${key} >= $1::uuid and ${key} < $2::uuid order by ${key} limit 1`,
      [firstIdAt(from), firstIdAt(last + dayMs)],
    );
    if (next === undefined) break;
    const day = Math.floor(next.at / dayMs) * dayMs;
    days.push(day);
    from = day + dayMs;
  }
  return days;
}

/** Of one look; the others have their turn when these are gone. */
const daysMax = 500;

export async function hasMoreRows(run: Run, table: PartitionedTable, day: number, rows: number): Promise<boolean> {
  const key = keyOf[table];
  const [one] = await run(
    `select 1 as one from ${table}_default where ${key} >= $1::uuid and ${key} < $2::uuid offset $3 limit 1`,
    [firstIdAt(day), firstIdAt(day + dayMs), rows],
  );
  return one !== undefined;
}

export async function bytesOfDefault(run: Run, table: PartitionedTable): Promise<number> {
  const [size] = await run<{ bytes: number }>(`select pg_relation_size($1::regclass)::float8 as bytes`, [
    `${table}_default`,
  ]);
  return size?.bytes ?? 0;
}

/**
 * none: nothing keeps rows of that day out of the default partition. kept: none comes any more. free: and none is there,
 * so that it is not looked through, with everybody waiting, when the day's partition is attached.
 */
export type Proof = 'none' | 'kept' | 'free';

export async function proofOf(run: Run, table: PartitionedTable, day: number): Promise<Proof> {
  const [constraint] = await run<{ isValid: boolean }>(
    `select convalidated as "isValid" from pg_constraint where conrelid = $1::regclass and conname = $2`,
    [`${table}_default`, freeName(table, day)],
  );
  if (constraint === undefined) return 'none';
  return constraint.isValid ? 'free' : 'kept';
}

/**
 * The next step of the proof: a constraint that new rows keep to, and then a look that nobody waits for. That may take
 * an hour. A row of that day that is written meanwhile is refused and comes again.
 */
export async function prove(run: Run, table: PartitionedTable, day: number, proof: 'none' | 'kept'): Promise<void> {
  const name = freeName(table, day);
  if (proof === 'none') {
    const [from, to] = bounds(day);
    await lockChange(run);
    const check = `check (day_time < '${from}' or day_time >= '${to}')`;
    await run(`alter table ${table}_default add constraint ${name} ${check} not valid`);
    return;
  }
  await run(`select set_config('statement_timeout', $1, true)`, [`${lookThroughMs}ms`]);
  await run(`alter table ${table}_default validate constraint ${name}`, [], { answerMs: lookThroughAnswerMs });
}

/** A row of that day came before the constraint did: the day stays where it is, and so do those that follow. */
export async function letIn(run: Run, table: PartitionedTable, day: number): Promise<void> {
  if ((await proofOf(run, table, day)) === 'none') return;
  await lockChange(run);
  await run(`alter table ${table}_default drop constraint if exists ${freeName(table, day)}`);
}

export function freeName(table: PartitionedTable, day: number): string {
  return `${table}_default_not_${digitsOf(day)}`;
}
