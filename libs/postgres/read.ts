/**
 * Reading: one statement, with the driver's own parameters, on any connection of the pool, within the bounds of whoever
 * asks.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { boundedQuery, boundsNow } from './bounded-reads.ts';
import type { Run } from './bulk.ts';

/** OID of timestamptz. The mapper has the driver leave it as text, because it converts what it reads itself. */
const timestamptzOid = 1184;

export function readerOf(em: EntityManager): Run {
  return async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    const pool = await em.getConnection().getNativeClient();
    const bounds = boundsNow();
    const { rows, fields } = await (bounds === undefined
      ? pool.query<Row>(sql, [...values])
      : boundedQuery<Row>(pool, bounds, sql, [...values]));
    const times = fields.filter(({ dataTypeID }) => dataTypeID === timestamptzOid).map(({ name }) => name);
    if (times.length > 0) for (const row of rows) withDates(row, times);
    return rows;
  };
}

function withDates(row: object, names: readonly string[]): void {
  const members = row as Record<string, unknown>;
  for (const name of names) {
    const text = members[name];
    if (typeof text === 'string') members[name] = new Date(text);
  }
}
