/** Portal sessions: what they open, what they do not, and how they end. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { portalKeyPurpose } from '../../../apps/management-api/portal-sessions.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { portalToken, type PortalSession } from '../../../libs/domain/portal-session.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { nobodys, routeOf } from './tenant-walk.ts';

let world: World;
let client: Awaited<ReturnType<typeof newClient>>;

beforeAll(async () => {
  world = await startWorld();
  client = await newClient(world);
}, 120_000);

afterAll(async () => {
  await world.close();
});

async function open(body: object = {}, clientId = client.id): Promise<{ id: string; token: string }> {
  const opened = await world.ask(`POST /v1/clients/${clientId}/portal-sessions`, { body });
  expect(opened.status).toBe(201);
  return opened.body as { id: string; token: string };
}

test('a session does what a key of its client does, under the name of the person', async () => {
  const before = Date.now();
  const opened = await world.ask(`POST /v1/clients/${client.id}/portal-sessions`, { body: { name: 'ann' } });
  const { id, token, expiresAt } = opened.body as { id: string; token: string; expiresAt: string };
  expect(opened.body).toMatchObject({ clientId: client.id, scope: 'manage', name: 'ann' });
  expect(Math.abs(Date.parse(expiresAt) - before - 3_600_000)).toBeLessThan(60_000);
  const webhook = await newWebhook(world, token);
  expect(webhook['clientId']).toBe(client.id);
  expect((await world.ask(`GET /v1/webhooks/${webhook.id}`, { key: client.key })).status).toBe(200);
  const audit = await world.ask(`GET /v1/audit?objectId=${webhook.id}`, { key: token });
  expect(audit.body['data']).toMatchObject([{ action: 'webhook.created', actor: { kind: 'portal', id, name: 'ann' } }]);
  const me = await world.ask('GET /v1/me', { key: token });
  expect(me.body).toEqual({
    kind: 'portal',
    id,
    name: 'ann',
    role: 'client',
    clientId: client.id,
    scope: 'manage',
    expiresAt,
  });
});

test('that it was opened is in the audit log, its token is not', async () => {
  const { id, token } = await open({ scope: 'view', name: 'bob' });
  const audit = await world.ask(`GET /v1/audit?objectId=${id}`);
  expect(audit.body['data']).toMatchObject([
    { action: 'portal_session.opened', after: { scope: 'view', name: 'bob' } },
  ]);
  expect(audit.text).not.toContain(token.split('.')[1]);
});

describe('a session with scope view', () => {
  const ofClients = allOperations.filter(({ roles }) => roles.includes('client'));

  test.each(ofClients.filter(({ isReading }) => !isReading).map((operation) => [operation.id, operation] as const))(
    'may not %s',
    async (_, operation) => {
      const { token } = await open({ scope: 'view' });
      const route = routeOf(operation, nobodys.with({ clients: client.id }));
      const answer = await world.ask(route, { key: token, body: operation.example ?? {} });
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    },
  );

  test('may look', async () => {
    const { token } = await open({ scope: 'view' });
    const { id } = await newWebhook(world, client.key);
    for (const path of ['webhooks', `webhooks/${id}`, `webhooks/${id}/health`, 'deliveries', 'events', 'audit']) {
      expect([path, (await world.ask(`GET /v1/${path}`, { key: token })).status]).toEqual([path, 200]);
    }
  });
});

test('ending the sessions of a client ends those, at once, and no others', async () => {
  const other = await newClient(world);
  const sessions = [await open(), await open({ scope: 'view' })];
  const foreign = await open({}, other.id);
  expect((await world.ask(`DELETE /v1/clients/${client.id}/portal-sessions`)).status).toBe(204);
  const statusOf = async ({ token }: { token: string }) => (await world.ask('GET /v1/me', { key: token })).status;
  expect(await Promise.all(sessions.map(statusOf))).toEqual([401, 401]);
  expect(await statusOf(foreign)).toBe(200);
  expect(await statusOf(await open())).toBe(200);
});

test('a session is ended alone, at once, and its client is the only one that it is ended at', async () => {
  const [ended, other] = [await open(), await open()];
  const path = `/v1/clients/${client.id}/portal-sessions`;
  const stranger = await newClient(world);
  expect((await world.ask(`DELETE /v1/clients/${stranger.id}/portal-sessions/${ended.id}`)).status).toBe(404);
  expect((await world.ask(`DELETE ${path}/${ended.id}`, { key: ended.token })).status).toBe(403);
  expect((await world.ask('GET /v1/me', { key: ended.token })).status).toBe(200);
  expect((await world.ask(`DELETE ${path}/${ended.id}`)).status).toBe(204);
  expect((await world.ask('GET /v1/me', { key: ended.token })).status).toBe(401);
  expect((await world.ask('GET /v1/me', { key: other.token })).status).toBe(200);
  expect((await world.ask(`DELETE ${path}/${ended.id}`)).status).toBe(404);
  expect((await world.ask(`DELETE ${path}/ps_nobody`)).status).toBe(404);
  const audit = await world.ask(`GET /v1/audit?objectId=${ended.id}&action=portal_session.ended`, { key: client.key });
  expect(audit.body['data']).toHaveLength(1);
});

describe('a token', () => {
  const session = (change: Partial<PortalSession>): PortalSession => ({
    id: 'ps_x',
    clientId: client.id,
    scope: 'manage',
    name: null,
    issuedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    ...change,
  });
  const signed = (change: Partial<PortalSession>, keys = world.env.ENCRYPTION_KEYS) =>
    portalToken(session(change), new SecretBox([keys]).derived(portalKeyPurpose));

  test('is what the API says: made by hand with its key it opens the door', async () => {
    expect((await world.ask('GET /v1/me', { key: signed({}) })).status).toBe(200);
  });

  test.each<[string, () => string]>([
    ['whose time is over', () => signed({ expiresAt: Date.now() - 1 })],
    ['of a client that is not', () => signed({ clientId: 'cl_nobody' })],
    ['signed by another key', () => signed({}, `test:${Buffer.alloc(32, 7).toString('base64')}`)],
    ['that was changed', () => signed({}).replace(/.\./, 'A.')],
  ])('%s is refused', async (_, make) => {
    expect(await world.ask('GET /v1/webhooks', { key: make() })).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
  });
});

test.each([{ scope: 'admin' }, { expiresInMinutes: 0 }, { expiresInMinutes: 1441 }, { name: 'a\nb' }, { x: 1 }])(
  '%j is refused',
  async (body) => {
    expect((await world.ask(`POST /v1/clients/${client.id}/portal-sessions`, { body })).status).toBe(422);
  },
);

test('no session is opened or ended by a client, nor for one that is not', async () => {
  const path = `/v1/clients/${client.id}/portal-sessions`;
  const { token } = await open();
  expect((await world.ask(`POST ${path}`, { key: client.key, body: {} })).status).toBe(403);
  expect((await world.ask(`POST ${path}`, { key: token, body: {} })).status).toBe(403);
  expect((await world.ask('POST /v1/clients/cl_nobody/portal-sessions', { body: {} })).status).toBe(404);
  expect((await world.ask('DELETE /v1/clients/cl_nobody/portal-sessions')).status).toBe(404);
});
