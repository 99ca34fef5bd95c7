/**
 * Rows that nobody needs any more, deleted in steps. In: the time. Out: how many rows are gone. What must hold: a step
 * reads and deletes so many rows at most, however large a table has become.
 */
import type { Run } from '../bulk.ts';
import type { Moments, SweepStep } from './sweep-step.ts';

/** A step reads or deletes so many: some tenths of a second. */
export const deletedRowsMax = 10_000;

/** What is over by a time of its own: `where` has the moment as $1. */
export function deleteOver(table: string, where: string, moment: (moments: Moments) => Date) {
  return async (run: Run, moments: Moments): Promise<SweepStep> => {
    const [gone] = await run<{ count: number }>(
      `with gone as (
        delete from ${table}
        where ctid = any(array(select ctid from ${table} where ${where} limit ${deletedRowsMax})) and ${where} returning 1
      ) select count(*)::int as count from gone`,
      [moment(moments)],
    );
    const rows = gone?.count ?? 0;
    return { rows, progress: '', isDone: rows < deletedRowsMax };
  };
}

/** What is over by a time of its own, in a table whose ids ascend with the time at which rows came. */
export interface Ageing {
  /** Over: a condition with the moment as $1. */
  readonly over: string;
  /** When a row came: what came after the moment is not over. */
  readonly came: string;
}

/**
 * Along the ids from the oldest, a page a step, up to where nothing came before the moment: no index over a time is
 * needed, and what is kept is not read.
 */
export function deleteOldest(table: string, { over, came }: Ageing, moment: (moments: Moments) => Date) {
  return async (run: Run, moments: Moments, after: string): Promise<SweepStep> => {
    const [page] = await run<{ seen: number; last: string | null; hasOld: boolean | null; gone: number }>(
      `with page as (
        select ctid, id, ${over} as is_over, ${came} < $1 as is_old
        from ${table} where id > $2::bigint order by id limit ${deletedRowsMax}
      ), gone as (
        delete from ${table} where ctid = any(array(select ctid from page where is_over)) and ${over} returning 1
      )
      select (select count(*) from page)::int as seen, (select max(id) from page)::text as last,
        (select bool_or(is_old) from page) as "hasOld", (select count(*) from gone)::int as gone`,
      [moment(moments), after === '' ? '0' : after],
    );
    // One that a clock dated ahead keeps those behind it for no longer than a page.
    const isDone = page === undefined || page.seen < deletedRowsMax || page.hasOld !== true;
    return { rows: page?.gone ?? 0, progress: isDone ? '' : (page.last ?? ''), isDone };
  };
}

/**
 * What belongs to a webhook that does not need it any more: looked through by webhook, a page a step. `where` is about
 * a row \`r\` and has the time as $2.
 */
export function deletePageByPage(table: string, where: string) {
  return async (run: Run, { now }: Moments, after: string): Promise<SweepStep> => {
    const [page] = await run<{ seen: number; last: string | null; gone: number }>(
      `with page as (
        select webhook_id from ${table} where webhook_id > $1 order by webhook_id limit ${deletedRowsMax}
      ), gone as (
        delete from ${table} r using page p where r.webhook_id = p.webhook_id and $2::timestamptz is not null and ${where}
        returning 1
      )
      select (select count(*) from page)::int as seen, (select max(webhook_id) from page) as last,
        (select count(*) from gone)::int as gone`,
      [after, now],
    );
    const isDone = (page?.seen ?? 0) < deletedRowsMax;
    return { rows: page?.gone ?? 0, progress: isDone ? '' : (page?.last ?? ''), isDone };
  };
}
