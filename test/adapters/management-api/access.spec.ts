/** Who may do what: keys, roles, and the wall between clients, tried on every operation there is. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErasureRunner, SuspensionRunner } from '../../../apps/management-api/erasing/erasing-runners.ts';
import { RedriveRunner } from '../../../apps/management-api/rejections/redrive-runner.ts';
import { ReplayRunner } from '../../../apps/management-api/replays/replay-runner.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { newClient, newWebhook, saidBy, startWorld, type Answer, type World } from './api-world.ts';
import { until } from '../../support/until.ts';
import { seedHistory } from './history-seed.ts';
import { traced } from './statement-trace.ts';
import { nobodys, Objects, routeOf, walks } from './tenant-walk.ts';

/** Once what it saved up is used, a key of a client has one request a second. */
const burst = 400;
const env = {
  API_RATE_LIMIT_PER_SECOND: '1',
  API_RATE_LIMIT_BURST_SECONDS: String(burst),
  API_TRUSTED_PROXIES: '10.1.0.0/16',
};

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;
let publisherKey: string;
let anns: Objects;

beforeAll(async () => {
  world = await startWorld(env);
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  const publisher = await world.ask('POST /v1/api-keys', { body: { name: 'billing', role: 'publisher' } });
  publisherKey = String(publisher.body['key']);
  const { id: webhook } = await newWebhook(world, ann.key);
  const { deliveryId, eventId } = await seedHistory(world.env.DATABASE_URL, { clientId: ann.id, webhookId: webhook });
  // Stopped: what it looks for by itself would be among the statements that are compared.
  const runners = [ReplayRunner, RedriveRunner, ErasureRunner, SuspensionRunner];
  await Promise.all(runners.map((runner) => world.app.get<ReplayRunner>(runner).stop()));
  const replay = await world.ask('POST /v1/replays', { key: ann.key, body: {} });
  const session = await world.ask(`POST /v1/clients/${ann.id}/portal-sessions`, { body: {} });
  const secrets = await world.ask(`GET /v1/webhooks/${webhook}/secrets`, { key: ann.key });
  anns = new Objects({
    clients: ann.id,
    'api-keys': ann.keyId,
    'portal-sessions': String(session.body['id']),
    webhooks: webhook,
    deliveries: deliveryId,
    events: eventId,
    replays: String(replay.body['id']),
    secrets: (secrets.body['data'] as { id: string }[])[0]?.id ?? '',
  });
}, 120_000);

afterAll(async () => {
  await world.close();
});

const operations = allOperations.map((operation) => [operation.id, operation] as const);

/** Names of headers, without those that count or tell the time. */
function namesOf({ headers }: Answer): string[] {
  return Object.keys(headers).sort();
}

/** The id of a stream says until when all was told, to the millisecond. */
function timeless(answer: Answer): string {
  return saidBy(answer).replaceAll(/^(id: .*\.zzzzzz)-[0-9a-z]+$/gm, '$1');
}

describe('without a valid key', () => {
  test.each(operations)('%s is refused', async (_, operation) => {
    const route = routeOf(operation, nobodys);
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

  test('shows when it was last used', async () => {
    const fresh = await newClient(world, 'Fresh');
    const lastUsedAt = async () => {
      const { body } = await world.ask(`GET /v1/clients/${fresh.id}/api-keys`);
      return (body['data'] as { lastUsedAt: string | null }[])[0]?.lastUsedAt ?? null;
    };
    expect(await lastUsedAt()).toBeNull();
    const before = Date.now();
    await world.ask('GET /v1/me', { key: fresh.key });
    // Written beside the request, which does not wait for it.
    await until(async () => (await lastUsedAt()) !== null, { timeoutMs: 5_000, what: 'the use is written' });
    expect(Math.abs(Date.parse((await lastUsedAt()) ?? '') - before)).toBeLessThan(10_000);
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

test.each([
  ['a trusted proxy names the client', '10.1.2.3', '203.0.113.7', '203.0.113.7'],
  [
    'what a client claims before a trusted proxy adds to it is not believed',
    '10.1.2.3',
    '1.1.1.1, 203.0.113.7',
    '203.0.113.7',
  ],
  ['anybody else names nobody', '198.51.100.1', '203.0.113.7', '198.51.100.1'],
])('where a change came from: %s', async (_, remoteAddress, forwarded, expected) => {
  const { headers } = await world.app.inject({
    method: 'POST',
    url: '/v1/clients',
    remoteAddress,
    headers: { authorization: `Bearer ${world.adminKey}`, 'x-forwarded-for': forwarded },
    payload: { name: 'From somewhere' },
  });
  expect(headers['content-type']).toContain('json');
  const { body } = await world.ask('GET /v1/audit?objectKind=client&limit=1');
  expect(body['data']).toMatchObject([{ action: 'client.created', address: expected }]);
});

describe('a key that asks too often', () => {
  test('is told when to try again, and others are not held up', async () => {
    const hasty = await newClient(world, 'Hasty');
    const answers: Answer[] = [];
    for (let count = 0; count < burst + 30; count += 1) answers.push(await world.ask('GET /v1/me', { key: hasty.key }));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(answers.findIndex(({ status }) => status !== 200)).toBeGreaterThanOrEqual(burst);
    expect(refused.length).toBeGreaterThan(10);
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
      // As draft-ietf-httpapi-ratelimit-headers-11 has them: told before and when it is used up.
      expect(answer.headers['ratelimit-policy']).toBe(`"key";q=${burst};w=${burst}`);
      expect(answer.headers['ratelimit']).toMatch(/^"key";r=0;t=\d+$/);
    }
    expect(refused[0]?.headers['retry-after']).toBe('1');
    expect((await world.ask('GET /v1/me', { key: bob.key })).status).toBe(200);
    const { text } = await world.ask('GET /metrics', { key: '' });
    expect(text).toContain(`webhooks_api_rate_limited_total{role="client",app="management-api"} ${refused.length}`);
  });
});

describe('a role', () => {
  test.each(operations.filter(([, { roles }]) => !roles.includes('client')))(
    'client may not %s',
    async (_, operation) => {
      const route = routeOf(operation, nobodys.with({ clients: bob.id }));
      expect(await world.ask(route, { key: bob.key, body: {} })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    },
  );

  test.each(operations.filter(([, { roles }]) => !roles.includes('publisher')))(
    'publisher may not %s',
    async (_, operation) => {
      const route = routeOf(operation, nobodys);
      const { status } = await world.ask(route, { key: publisherKey, body: {} });
      expect([403, 404]).toContain(status);
    },
  );
});

/** Every two seconds the key of an export under way is asked about again, whenever that falls. */
function withoutKeyAgain(statements: readonly string[]): readonly string[] {
  return statements.filter((sql, index) => statements.indexOf(sql) === index || !sql.includes('from api_key '));
}

describe("another client's objects", () => {
  test.each(walks)('%s answers as to an id of nobody', async (_, walk) => {
    const foreign = await traced(() => walk.ask(world, bob.key, anns));
    const missing = await traced(() => walk.ask(world, bob.key, nobodys));
    expect(foreign.answer.status).toBe(missing.answer.status);
    // What no client may do is refused before anything is looked for.
    const isAllowed = walk.operation.roles.includes('client') || walk.operation.path.startsWith('/v1/clients/{id}');
    if (walk.place === 'path') expect(foreign.answer.status).toBe(isAllowed ? 404 : 403);
    // What is accepted has ids and times of its own; that it says nothing of Ann is what is left to see.
    if (foreign.answer.status >= 400 || walk.operation.method === 'get') {
      expect(timeless(foreign.answer)).toBe(timeless(missing.answer));
      expect(namesOf(foreign.answer)).toEqual(namesOf(missing.answer));
    }
    expect(foreign.answer.text).not.toContain(ann.id);
    // The same statements in the same order: what takes the same way takes the same time.
    expect(foreign.statements.length).toBeGreaterThan(0);
    expect(withoutKeyAgain(foreign.statements)).toEqual(withoutKeyAgain(missing.statements));
  });

  test('the owner reaches them: the ids above are real', async () => {
    for (const kind of ['clients', 'webhooks', 'deliveries', 'events', 'replays'] as const) {
      const { status } = await world.ask(`GET /v1/${kind}/${anns.byPath(kind, 'id')}`, { key: ann.key });
      expect([kind, status]).toEqual([kind, 200]);
    }
  });

  test.each(['webhooks', 'deliveries', 'events', 'replays', 'audit'])('are in no list of %s', async (kind) => {
    const { status, body } = await world.ask(`GET /v1/${kind}`, { key: bob.key });
    const clients = (body['data'] as { clientId: string }[]).map(({ clientId }) => clientId);
    const foreign = clients.filter((clientId) => clientId !== bob.id);
    expect({ status, foreign }).toEqual({ status: 200, foreign: [] });
  });

  test('a webhook is not made for another client, and who that is does not show', async () => {
    const make = (clientId: string) =>
      world.ask('POST /v1/webhooks', {
        key: bob.key,
        body: { clientId, url: 'https://example.com', eventTypes: ['*'] },
      });
    const foreign = await make(ann.id);
    expect(foreign.status).toBe(422);
    expect(saidBy(foreign)).toBe(saidBy(await make('cl_nobody')));
  });
});
