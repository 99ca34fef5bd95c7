import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keepHouse } from '../../../libs/postgres/housekeeping.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { storeWebhook } from './webhook-factory.ts';

const now = new Date('2026-03-10T12:00:00Z');
let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database.close();
});

test('what has expired goes, what is in use stays, and a second run finds nothing', async () => {
  await storeWebhook(database.em, 'wh-1');
  await database.rows(`insert into webhook_secret (id, webhook_id, sealed, created_at, expires_at) values
    ('old', 'wh-1', 'x', '2026-03-01', '2026-03-10T11:59:59Z'), ('overlapping', 'wh-1', 'x', '2026-03-01', '2026-03-10T12:00:01Z')`);
  await database.rows(`insert into idempotency_key (owner, key, request_hash, created_at, expires_at) values
    ('key', 'old', 'x', '2026-03-01', '2026-03-10T11:00:00Z'), ('key', 'fresh', 'x', '2026-03-10', '2026-03-11')`);
  await database.rows(`insert into webhook_health (webhook_id, state, consecutive_failures, windows, updated_at) values
    ('wh-1', 'healthy', 0, '{}', now()), ('wh-deleted', 'healthy', 0, '{}', now())`);
  expect(await keepHouse(database.em, now, 30)).toMatchObject({
    expiredIdempotencyKeys: 1,
    expiredSecrets: 1,
    orphanedHealth: 1,
  });
  expect(await database.rows('select id from webhook_secret order by id')).toEqual([
    { id: 'overlapping' },
    { id: 'wh-1-secret' },
  ]);
  expect(await database.rows('select key from idempotency_key')).toEqual([{ key: 'fresh' }]);
  expect(await database.rows('select webhook_id from webhook_health')).toEqual([{ webhook_id: 'wh-1' }]);
  expect(await keepHouse(database.em, now, 30)).toMatchObject({
    created: [],
    expiredIdempotencyKeys: 0,
    expiredSecrets: 0,
    orphanedHealth: 0,
  });
});
