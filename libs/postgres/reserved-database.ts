/**
 * A few connections beside the pool, for what must never wait behind statements that tenants cause: who calls, and
 * cancelling such a statement. Does not connect before it is asked.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { createOrm, type Orm } from './orm.ts';

export const reservedConnections = 3;

export class ReservedDatabase {
  private readonly orm: Orm;

  constructor(databaseUrl: string) {
    this.orm = createOrm(databaseUrl, reservedConnections);
  }

  get em(): EntityManager {
    return this.orm.em;
  }

  /** Whatever a backend does then ends with an error. One that does nothing goes on. */
  async cancel(pid: number): Promise<void> {
    const pool = await this.em.getConnection().getNativeClient();
    await pool.query('select pg_cancel_backend($1)', [pid]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.orm.close(true);
  }
}
