/** A migrated database of a test's own. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';
import { testStack } from '../../support/test-stack.ts';

export interface TestDatabase {
  readonly url: string;
  readonly em: EntityManager;
  rows<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function emptyDatabase(): Promise<TestDatabase> {
  const stack = await testStack({ postgres: true });
  return databaseAt(await stack.createDatabase());
}

export async function migratedDatabase(): Promise<TestDatabase> {
  const stack = await testStack({ postgres: true });
  return databaseAt(await stack.createMigratedDatabase());
}

function databaseAt(url: string): TestDatabase {
  const orm = createOrm(url, 6);
  return {
    url,
    em: orm.em,
    rows: (sql, values) => inTransaction(orm.em, (run) => run(sql, values)),
    close: () => orm.close(true),
  };
}
