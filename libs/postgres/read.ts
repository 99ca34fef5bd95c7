/** Reading: one statement, with the driver's own parameters, on any connection of the pool. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Run } from './bulk.ts';

export function readerOf(em: EntityManager): Run {
  return async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    const pool = await em.getConnection().getNativeClient();
    return (await pool.query<Row>(sql, [...values])).rows;
  };
}
