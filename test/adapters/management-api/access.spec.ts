/** Who may do what: keys, roles, and the wall between clients, tried on every operation there is. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;
let publisherKey: string;
/** Ann's objects, by the operation whose path names one. */
let annIds: Record<string, string>;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  const publisher = await world.ask('POST /v1/api-keys', { body: { name: 'billing', role: 'publisher' } });
  publisherKey = String(publisher.body['key']);
  const { id: webhook } = await newWebhook(world, ann.key);
  const { deliveryId, eventId } = await seedHistory(world.env.DATABASE_URL, { clientId: ann.id, webhookId: webhook });
  annIds = { clients: ann.id, webhooks: webhook, deliveries: deliveryId, events: eventId };
}, 120_000);

afterAll(async () => {
  await world.close();
});

const operations = allOperations.map((operation) => [operation.id, operation] as const);

function routeOf({ method, path }: Operation, ids: (segment: string, name: string) => string): string {
  return `${method.toUpperCase()} ${path.replaceAll(/(\w[\w-]*)\/\{(\w+)\}/g, (_, segment: string, name: string) => `${segment}/${ids(segment, name)}`)}`;
}

const nobodys: Readonly<Record<string, string>> = {
  clients: 'cl_nobody',
  webhooks: 'wh_nobody',
  deliveries: '0199c1d2-e3f4-8a5b-8c6d-9e0f1a2b3c4d',
  events: 'evt-nobody',
};

describe('without a valid key', () => {
  test.each(operations)('%s is refused', async (_, operation) => {
    const route = routeOf(operation, (segment) => nobodys[segment] ?? 'x');
    for (const key of ['', 'wrong', 'whk_AAAA', `${ann.key}x`]) {
      const answer = await world.ask(route, { key, body: '{"broken' });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer ', 'bearer a b', 'Bearer ключ'])(
    '%s is refused',
    async (authorization) => {
      const answer = await world.app.inject({ url: '/v1/webhooks', headers: { authorization } });
      expect(answer.statusCode).toBe(401);
    },
  );
});

describe('a key', () => {
  test('is shown once and recognised by its prefix', async () => {
    const created = await world.ask(`POST /v1/clients/${ann.id}/api-keys`, { body: { name: 'ci', role: 'client' } });
    const { key, ...shown } = created.body;
    expect(created.status).toBe(201);
    expect(key).toMatch(/^whk_[\w-]{43}$/);
    expect(String(key).startsWith(String(shown['prefix']))).toBe(true);
    const list = await world.ask(`GET /v1/clients/${ann.id}/api-keys`);
    expect((list.body['data'] as unknown[])[0]).toEqual(shown);
    expect(list.text).not.toContain(String(key));
  });

  test('that is revoked is refused at once', async () => {
    const gone = await newClient(world);
    expect((await world.ask('GET /v1/webhooks', { key: gone.key })).status).toBe(200);
    expect((await world.ask(`DELETE /v1/clients/${gone.id}/api-keys/${gone.keyId}`)).status).toBe(204);
    expect((await world.ask('GET /v1/webhooks', { key: gone.key })).status).toBe(401);
    expect((await world.ask(`DELETE /v1/clients/${gone.id}/api-keys/${gone.keyId}`)).status).toBe(404);
  });

  test('of one client is not revoked through another', async () => {
    expect((await world.ask(`DELETE /v1/clients/${bob.id}/api-keys/${ann.keyId}`)).status).toBe(404);
    expect((await world.ask(`DELETE /v1/api-keys/${ann.keyId}`)).status).toBe(404);
    expect((await world.ask('GET /v1/webhooks', { key: ann.key })).status).toBe(200);
  });

  test('of an admin comes from an admin, and belongs to no client', async () => {
    const made = await world.ask('POST /v1/api-keys', { body: { name: 'ops', role: 'admin' } });
    expect((await world.ask('GET /v1/clients', { key: String(made.body['key']) })).status).toBe(200);
    const refused = await world.ask(`POST /v1/clients/${ann.id}/api-keys`, { body: { name: 'x', role: 'admin' } });
    expect(refused.status).toBe(422);
  });
});

describe('a role', () => {
  test.each(operations.filter(([, { roles }]) => !roles.includes('client')))(
    'client may not %s',
    async (_, operation) => {
      const own: Readonly<Record<string, string>> = { ...nobodys, clients: bob.id };
      const route = routeOf(operation, (segment) => own[segment] ?? 'x');
      expect(await world.ask(route, { key: bob.key, body: {} })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    },
  );

  test.each(operations.filter(([, { roles }]) => !roles.includes('publisher')))(
    'publisher may not %s',
    async (_, operation) => {
      const route = routeOf(operation, (segment) => nobodys[segment] ?? 'x');
      const { status } = await world.ask(route, { key: publisherKey, body: {} });
      expect([403, 404]).toContain(status);
    },
  );
});

describe("another client's objects", () => {
  const withIds = operations.filter(([, { path }]) => /\/(clients|webhooks|deliveries|events)\/\{/.test(path));

  test.each(withIds)('%s answers as to an id of nobody', async (_, operation) => {
    const body = operation.method === 'get' || operation.method === 'delete' ? undefined : {};
    const ask = (ids: Readonly<Record<string, string>>) =>
      world.ask(
        routeOf(operation, (segment, name) => (name === 'keyId' ? ann.keyId : (ids[segment] ?? 'x'))),
        { key: bob.key, body },
      );
    const foreign = await ask(annIds);
    const missing = await ask(nobodys);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(foreign.text).toBe(missing.text);
  });

  test('the owner reaches them: the ids above are real', async () => {
    for (const [kind, id] of Object.entries(annIds)) {
      expect([kind, (await world.ask(`GET /v1/${kind}/${id}`, { key: ann.key })).status]).toEqual([kind, 200]);
    }
  });

  test.each(['webhooks', 'deliveries', 'events', 'audit'])(
    'are in no list of %s, however it is filtered',
    async (kind) => {
      const filters = [
        `clientId=${ann.id}`,
        ...(kind === 'deliveries' ? [`webhookId=${annIds['webhooks'] ?? ''}`] : []),
        '',
      ];
      for (const filter of filters) {
        const { status, body } = await world.ask(`GET /v1/${kind}?${filter}`, { key: bob.key });
        const clients = (body['data'] as { clientId: string }[]).map(({ clientId }) => clientId);
        expect({ status, foreign: clients.filter((clientId) => clientId !== bob.id) }).toEqual({
          status: 200,
          foreign: [],
        });
      }
    },
  );

  test('a webhook is not made for another client, and who that is does not show', async () => {
    const make = (clientId: string) =>
      world.ask('POST /v1/webhooks', {
        key: bob.key,
        body: { clientId, url: 'https://example.com', eventTypes: ['*'] },
      });
    const foreign = await make(ann.id);
    expect(foreign.status).toBe(422);
    expect(foreign.text).toBe((await make('cl_nobody')).text);
  });
});
