/**
 * What stands between us and PostgreSQL. A pooler in transaction mode gives every transaction another connection: what belongs to
 * a session (prepared statements, session locks, LISTEN) is then lost, or somebody else's.
 */
import { randomUUID } from 'node:crypto';
import { createOrm } from '../orm.ts';

/**
 * `sessions`: PostgreSQL itself, or a pooler that gives a connection for as long as we keep it. `transactions`: a pooler that does not,
 * but keeps prepared statements apart (PgBouncer 1.21 with max_prepared_statements). `lossy transactions`: one that loses
 * them, so that the history cannot be written.
 */
export type ConnectionKind = 'sessions' | 'transactions' | 'lossy transactions';

/** What to do where prepared statements are lost. */
export const wayAroundPooler =
  'for the apps use pool_mode=session, or PgBouncer 1.21 or later with max_prepared_statements, or PostgreSQL itself';

interface Client {
  query(query: string | { name: string; text: string; values?: unknown[] }): Promise<{ rows: unknown[] }>;
  release(destroy: boolean): void;
}

const setting = 'webhooks.pooler_probe';
/** Somebody else may use the pooler at the same moment. */
const looks = 3;

/**
 * Sets something for a session, lets another transaction occupy the connection that was used for it, and asks again.
 * @throws when the database is away
 */
export async function connectionKind(databaseUrl: string): Promise<ConnectionKind> {
  const orm = createOrm(databaseUrl, 2);
  try {
    const pool = await orm.em.getConnection().getNativeClient();
    const [asked, other] = [await pool.connect(), await pool.connect()] as [Client, Client];
    try {
      for (let look = 0; look < looks; look += 1) {
        const kind = await lookAt(asked, other);
        if (kind !== 'sessions') return kind;
      }
      return 'sessions';
    } finally {
      asked.release(true);
      other.release(true);
    }
  } finally {
    await orm.close(true);
  }
}

async function lookAt(asked: Client, other: Client): Promise<ConnectionKind> {
  const mark = randomUUID();
  const prepared = { name: `probe ${mark}`, text: 'select 1' };
  try {
    await asked.query(prepared);
    await asked.query(`select set_config('${setting}', '${mark}', false)`);
    await other.query('begin');
    await other.query('select 1');
    const { rows } = await asked.query(`select current_setting('${setting}', true) as value`);
    const isOurs = (rows[0] as { value: string | null } | undefined)?.value === mark;
    return isOurs ? 'sessions' : (await isKept(asked, prepared)) ? 'transactions' : 'lossy transactions';
  } catch (error) {
    // Already the first one may come to a connection that has it not.
    if (isUnknownStatement(error)) return 'lossy transactions';
    throw error;
  } finally {
    await other.query('rollback').catch(() => undefined);
  }
}

async function isKept(asked: Client, prepared: { name: string; text: string }): Promise<boolean> {
  try {
    await asked.query(prepared);
    return true;
  } catch (error) {
    if (isUnknownStatement(error)) return false;
    throw error;
  }
}

/** PostgreSQL, appendix A: 26000 invalid_sql_statement_name, 42P05 duplicate_prepared_statement. */
function isUnknownStatement(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === '26000' || code === '42P05';
}
