/**
 * The outbox as the relay sees it. In: nothing but the wish to lead. Out: rows in commit order, and the moment when
 * there are more. Holds: of all processes one leads at a time, by a lock of its own connection: when the connection
 * ends, however it ends, the lead is over.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Run } from './bulk.ts';
import { currentOf } from './current-values.ts';
import { appendToOutbox, type OutboxMessage } from './outbox-writer.ts';

export interface OutboxRecord {
  readonly id: number;
  /** Topic without TOPIC_PREFIX. */
  readonly topic: string;
  readonly key: string;
  /** The domain value; null for a tombstone. */
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface OutboxLead {
  /** The oldest rows, in the order of their commits. */
  read(limit: number): Promise<OutboxRecord[]>;
  /** What was read up to here is published. */
  remove(upToId: number): Promise<void>;
  end(): void;
}

export interface OutboxListener {
  /** Something was committed to the outbox. */
  onMore(): void;
  /** The connection ended: somebody else may lead now. */
  onLost(error: Error): void;
}

const ignore = () => undefined;

/** Any constant that no other advisory lock of this database has. */
const lockName = 'webhooks.outbox-relay';

export class OutboxStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when another process leads. @throws when the database is away */
  async lead(listener: OutboxListener): Promise<OutboxLead | null> {
    const pool = await this.em.getConnection().getNativeClient();
    const client = await pool.connect();
    const onError = (error: Error) => {
      listener.onLost(error);
    };
    client.on('error', onError);
    const onMore = () => {
      listener.onMore();
    };
    client.on('notification', onMore);
    const run: Run = async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows;
    const leave = (isDestroyed: boolean) => {
      client.off('notification', onMore);
      // Somebody has to listen until the pool does again, or an error now would end the process.
      client.on('error', ignore);
      client.off('error', onError);
      client.release(isDestroyed);
      if (!isDestroyed) client.off('error', ignore);
    };
    try {
      const [lock] = await run<{ held: boolean }>('select pg_try_advisory_lock(hashtext($1)) as held', [lockName]);
      if (lock?.held !== true) {
        leave(false);
        return null;
      }
      await run('listen outbox');
    } catch (error) {
      leave(true);
      throw error;
    }
    // Destroyed, not given back: its lock and its subscription go with it.
    const end = () => {
      leave(true);
    };
    return { read: (limit) => readOldest(run, limit), remove: (upToId) => removeUpTo(run, upToId), end };
  }

  /** Puts what is true now into the outbox again, for keys whose records may have arrived out of order. */
  async republish(keys: readonly Pick<OutboxRecord, 'topic' | 'key'>[], now: Date): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      // A change that is under way must not come between what is read here and its place in the outbox.
      await em.execute('lock table webhook, event_type in share mode');
      const messages: OutboxMessage[] = [];
      for (const [topic, named] of Map.groupBy(keys, (one) => one.topic)) {
        if (topic !== 'webhook.definitions' && topic !== 'webhook.event-types') continue;
        const unique = [...new Set(named.map(({ key }) => key))];
        const current = await currentOf(em, topic, unique, now);
        for (const key of unique) messages.push({ topic, key, value: current.get(key) ?? null });
      }
      await appendToOutbox(em, messages, now);
    });
  }

  /** Unix milliseconds of the oldest row; null when there is none. */
  async oldestAt(): Promise<number | null> {
    const [row] = await this.em
      .fork()
      .execute<{ at: number | null }[]>(
        'select (extract(epoch from min(created_at)) * 1000)::float8 as at from outbox',
      );
    return row?.at ?? null;
  }

  async count(): Promise<number> {
    const [row] = await this.em.fork().execute<{ count: number }[]>('select count(*)::int as count from outbox');
    return row?.count ?? 0;
  }
}

function readOldest(run: Run, limit: number): Promise<OutboxRecord[]> {
  return run<OutboxRecord>(
    'select id::float8 as id, topic, key, value, headers from outbox order by outbox.id limit $1',
    [limit],
  );
}

async function removeUpTo(run: Run, upToId: number): Promise<void> {
  await run('delete from outbox where id <= $1', [upToId]);
}
