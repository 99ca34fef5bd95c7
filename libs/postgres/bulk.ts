/**
 * Many rows in one statement: rows travel as one JSON parameter and are taken apart by json_to_recordset. Uses the
 * driver's own parameters, because the mapper writes its parameters into the SQL text.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { isUnanswered } from './server/database-away.ts';
import { beginWithin, usualLimits, type TransactionLimits } from './limits.ts';
import { storableJson } from './storable.ts';

export interface StatementOptions {
  /** Prepared under it, once for each connection. */
  readonly name?: string;
  /** Longest wait for the answer, in milliseconds. Default: the pool's */
  readonly answerMs?: number;
}

/** Runs one statement with $1, $2… and returns its rows. */
export type Run = <Row extends object>(
  sql: string,
  values?: readonly unknown[],
  options?: StatementOptions,
) => Promise<Row[]>;

/** Runs statements in the transaction that `em` is in, beside what the mapper does there. */
export function runIn(em: EntityManager): Run {
  return async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    const ordered: unknown[] = [];
    // The mapper knows only question marks.
    const text = sql.replaceAll(/\$(\d+)/g, (_match, number: string) => {
      ordered.push(values[Number(number) - 1]);
      return '?';
    });
    return em.execute<Row[]>(text, ordered);
  };
}

/**
 * Runs `work` in one transaction; an error rolls it back. A connection that failed is not used again.
 * @param limits that the server keeps
 * @param lock a statement without parameters that it begins with, on the same way to the server
 */
export async function inTransaction<T>(
  em: EntityManager,
  work: (run: Run) => Promise<T>,
  limits: TransactionLimits = usualLimits,
  lock = '',
): Promise<T> {
  const pool = await em.getConnection().getNativeClient();
  const client = await pool.connect();
  let isBroken = false;
  const run: Run = async <Row extends object>(
    text: string,
    values: readonly unknown[] = [],
    { name, answerMs }: StatementOptions = {},
  ) => {
    const named = name === undefined ? {} : { name };
    const patient = answerMs === undefined ? {} : { query_timeout: answerMs };
    return (await client.query<Row>({ text, values: [...values], ...named, ...patient })).rows;
  };
  try {
    // Without parameters: only so a text may hold several statements.
    await client.query(lock === '' ? beginWithin(limits) : `${beginWithin(limits)}; ${lock}`);
    const result = await work(run);
    await run('commit');
    return result;
  } catch (error) {
    // A statement that was given up is still under way: what is sent after it waits for it.
    if (isUnanswered(error)) isBroken = true;
    else {
      // After a lost connection the rollback fails too; the server has rolled back by itself.
      await run('rollback').catch(() => {
        isBroken = true;
      });
    }
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** Rows as the JSON parameter of json_to_recordset, without what PostgreSQL's text cannot hold. */
export function recordset(rows: readonly object[]): string {
  return storableJson(rows);
}

/** Unix milliseconds as timestamptz text. @throws RangeError out of the range of a date */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

export function timestampOrNull(ms: number | null): string | null {
  return ms === null ? null : timestamp(ms);
}
