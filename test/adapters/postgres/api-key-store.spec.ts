import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiKeyStore } from '../../../libs/postgres/access/api-key-store.ts';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { ClientRow } from '../../../libs/postgres/entities/client.ts';
import { until } from '../../support/until.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';

const actor = { kind: 'system', id: 'test', name: null, address: null, requestId: null } as const;
let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database.close();
});

test('a client has so many keys and no more, however many are made at once', async () => {
  const now = new Date();
  await database.em.fork().insert(ClientRow, { id: 'client-1', name: 'Acme', createdAt: now });
  const store = new ApiKeyStore(database.em);
  const create = (no: number) => {
    const key = { id: `key-${no}`, name: 'key', prefix: `whk_${no}`, hash: `hash-${no}` };
    const ofClient = { clientId: 'client-1', role: 'client', capabilities: [], expiresAt: null } as const;
    return store.create({ ...key, ...ofClient }, actor, now, 1);
  };
  const made = await inTransaction(database.em, async (run) => {
    // None is written before all have begun.
    await run('lock table api_key in share row exclusive mode');
    const asked = Promise.all([0, 1, 2].map(create));
    await until(async () => (await waiting()) === 3, { timeoutMs: 20_000 });
    return { asked };
  });
  expect((await made.asked).filter((one) => one === 'too_many')).toHaveLength(2);
  expect((await store.list('client-1', { limit: 10, after: null })).items).toHaveLength(1);
});

async function waiting(): Promise<number> {
  const [row] = await database.rows<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}
