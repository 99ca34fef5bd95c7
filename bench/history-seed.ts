/**
 * Fills a database with a history. In: a migrated database and how much. Out: days of events, deliveries and attempts
 * up to now. Holds: days are filled beside the tables, two at a time, and attached with their indexes built, so that a
 * million deliveries take a minute or two; a day that is there already gets its rows where they belong.
 */
import pg from 'pg';
import {
  deliveriesPerEvent,
  fillAttempts,
  fillDeliveries,
  fillEvents,
  fillStats,
  makeTimeFunction,
  pickDay,
  seededPartition,
  seedTenants,
  usualTenants,
  type SeededDay,
  type SeededTenants,
} from './history-seed-sql.ts';
import { dayMs } from '../libs/domain/day.ts';

export interface HistorySeed {
  readonly deliveries: number;
  /** Up to today. */
  readonly days: number;
  /** Default: 20 clients with 10 webhooks each. Three clients at least. */
  readonly tenants?: SeededTenants;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

const tables = ['event', 'delivery', 'delivery_attempt'] as const;
const fills = { event: fillEvents, delivery: fillDeliveries, delivery_attempt: fillAttempts } as const;
const connections = 2;

/** @throws what PostgreSQL says */
export async function seedHistory(databaseUrl: string, seed: HistorySeed): Promise<void> {
  const days = daysOf(seed, Date.now());
  const tenants = seed.tenants ?? usualTenants;
  await withClient(databaseUrl, (client) => client.query(seedTenants(tenants)));
  const left = [...days];
  const worker = () =>
    withClient(databaseUrl, async (client) => {
      await client.query(`set synchronous_commit = off; set maintenance_work_mem = '256MB'; ${makeTimeFunction}`);
      for (let day = left.shift(); day !== undefined && seed.signal?.aborted !== true; day = left.shift()) {
        await seedDay(client, day, tenants);
        seed.onProgress?.(`${days.length - left.length} of ${days.length} days`);
      }
    });
  await Promise.all(Array.from({ length: connections }, worker));
  await withClient(databaseUrl, async (client) => {
    for (const table of ['webhook', ...tables, 'delivery_stats', 'delivery_stats_hour'])
      await client.query(`analyze ${table}`);
  });
}

/** The oldest first. Today has only so much as is over. */
function daysOf({ deliveries, days }: HistorySeed, now: number): SeededDay[] {
  const today = Math.floor(now / dayMs) * dayMs;
  const events = Math.ceil(deliveries / deliveriesPerEvent / days);
  return Array.from({ length: days }, (_, index) => {
    const startMs = today - (days - 1 - index) * dayMs;
    return { startMs, spanMs: startMs === today ? now - today : dayMs, events, isRecent: index >= days - 2 };
  });
}

async function seedDay(client: pg.Client, day: SeededDay, tenants: SeededTenants): Promise<void> {
  await client.query('begin');
  try {
    await client.query(pickDay(day, tenants));
    const made: (typeof tables)[number][] = [];
    for (const table of tables) {
      const partition = seededPartition(table, day);
      const { rows } = await client.query('select to_regclass($1) as there', [partition]);
      const isThere = (rows[0] as { there: string | null }).there !== null;
      if (!isThere)
        await client.query(`create table ${partition} (like ${table} including defaults including constraints)`);
      await client.query(fills[table](isThere ? table : partition, tenants));
      if (isThere) continue;
      for (const statement of await indexesOf(client, table, partition)) await client.query(statement);
      made.push(table);
    }
    await client.query(fillStats(day));
    const [from, to] = [day.startMs, day.startMs + dayMs].map((ms) => new Date(ms).toISOString());
    for (const table of made) {
      const partition = seededPartition(table, day);
      await client.query(`alter table ${table} attach partition ${partition} for values from ('${from}') to ('${to}')`);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** The indexes of a table, for another one that is to become its partition. */
async function indexesOf(client: pg.Client, table: string, partition: string): Promise<string[]> {
  const { rows } = await client.query<{ index: string; key: string | null }>(
    `select pg_get_indexdef(i.indexrelid) as index, pg_get_constraintdef(c.oid) as key
     from pg_index i left join pg_constraint c on c.conindid = i.indexrelid where i.indrelid = $1::regclass`,
    [table],
  );
  return rows.map(({ index, key }) =>
    key === null
      ? index.replace(/INDEX \S+ ON ONLY \S+/, `INDEX ON ${partition}`)
      : `alter table ${partition} add ${key}`,
  );
}

async function withClient<T>(databaseUrl: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
