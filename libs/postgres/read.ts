/** Reading: one statement, with the driver's own parameters, on any connection of the pool. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Run } from './bulk.ts';

/** OID of timestamptz. The mapper leaves it to be text, because it converts what it reads itself. */
const timestamptzOid = 1184;

export function readerOf(em: EntityManager): Run {
  return async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    const pool = await em.getConnection().getNativeClient();
    const { types } = pool.options;
    const parsers: NonNullable<typeof types> = {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === timestamptzOid ? (text: string) => new Date(text) : types?.getTypeParser(oid, format as 'text'),
    };
    return (await pool.query<Row>({ text: sql, values: [...values], types: parsers })).rows;
  };
}
