import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PortalSessions } from '../../../apps/management-api/access/portal-sessions.ts';
import { PortalStore } from '../../../libs/postgres/access/portal-store.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { storeWebhook } from './webhook-factory.ts';

const actor = { kind: 'system', id: 'test', name: null, address: null, requestId: null } as const;
const hourMs = 3_600_000;
let database: TestDatabase;
let sessions: PortalSessions;

beforeAll(async () => {
  database = await migratedDatabase();
  await storeWebhook(database.em, 'wh-1');
  sessions = new PortalSessions(new PortalStore(database.em), new Map([['k', Buffer.alloc(32, 1)]]));
});
afterAll(async () => {
  await database.close();
});

test.each([
  ['ahead', hourMs],
  ['behind', -hourMs],
])('sessions that a host opened whose clock is %s are ended with the others, and later ones not', async (_, offMs) => {
  const open = (now: number) => sessions.open({ ...wanted, clientId: 'client-1', lifeMs: 24 * hourMs }, actor, now);
  const wanted = {
    scope: 'view',
    capabilities: [],
    name: null,
    renewableForMs: null,
    openedBy: null,
    grantedUntil: null,
  } as const;
  const callerOf = async (opened: Awaited<ReturnType<typeof open>>) =>
    opened === null ? null : ((await sessions.callerOf(opened.session))?.clientId ?? null);
  const before = await open(Date.now() + offMs);
  expect(await callerOf(before)).toBe('client-1');
  expect(await sessions.endAll('client-1', actor, Date.now())).toBe(true);
  expect(await callerOf(before)).toBeNull();
  await database.rows('select pg_sleep(0.005)');
  expect(await callerOf(await open(Date.now() + offMs))).toBe('client-1');
});
