/**
 * A few connections beside the pool, for what must never wait behind statements that tenants cause. Does not connect before it
 * is asked.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { createOrm, type Orm } from '../orm.ts';

const askedConnections = 3;
/** One listens to the outbox for good, and a batch of a replay and one of what was rejected may each hold one while in doubt. */
const ownConnections = 5;

class DatabaseApart {
  private readonly orm: Orm;

  constructor(databaseUrl: string, connections: number) {
    this.orm = createOrm(databaseUrl, connections);
  }

  get em(): EntityManager {
    return this.orm.em;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.orm.close(true);
  }
}

/** For what a process does by itself, whoever asks it for what: the outbox, replays, readiness. */
export class OwnDatabase extends DatabaseApart {
  constructor(databaseUrl: string) {
    super(databaseUrl, ownConnections);
  }
}

/** For who calls, and for cancelling a statement of theirs. */
export class ReservedDatabase extends DatabaseApart {
  constructor(databaseUrl: string) {
    super(databaseUrl, askedConnections);
  }

  /** Whatever a backend does then ends with an error. One that does nothing goes on. */
  async cancel(pid: number): Promise<void> {
    const pool = await this.em.getConnection().getNativeClient();
    await pool.query('select pg_cancel_backend($1)', [pid]);
  }
}
