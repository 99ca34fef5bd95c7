/** Portal sessions: what they open, what they do not, and how they end. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { portalKeyPurpose } from '../../../apps/management-api/access/portal-sessions.ts';
import { capabilities, type Capability } from '../../../libs/domain/access/capabilities.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { portalToken, type PortalSession } from '../../../libs/domain/access/portal-session.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { until } from '../../support/until.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';
import { nobodys, routeOf } from './tenant-walk.ts';

const origin = 'https://portal.example.com';

let world: World;
let client: Awaited<ReturnType<typeof newClient>>;

beforeAll(async () => {
  world = await startWorld({ API_CORS_ORIGINS: `${origin},https://other.example.com:8443` });
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
    capabilities: [...capabilities],
    expiresAt,
    renewableUntil: null,
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

test('a key that was made in a session lasts beyond it, and the audit log has which session that was', async () => {
  const { id, token } = await open({ name: 'ann' });
  const keys = `/v1/clients/${client.id}/api-keys`;
  const made = await world.ask(`POST ${keys}`, { key: token, body: { name: 'for a program' } });
  expect(made).toMatchObject({ status: 201, body: { expiresAt: null } });
  expect((await world.ask('DELETE /v1/me', { key: token })).status).toBe(204);
  const ask = () => world.ask('GET /v1/me', { key: String(made.body['key']) });
  expect((await ask()).status).toBe(200);
  const audit = await world.ask(`GET /v1/audit?action=api_key.created&actorId=${id}`);
  expect(audit.body['data']).toMatchObject([{ objectId: made.body['id'], actor: { kind: 'portal', id } }]);
  expect((await world.ask(`DELETE ${keys}/${String(made.body['id'])}`)).status).toBe(204);
  expect((await ask()).status).toBe(401);
});

describe('a session with scope view', () => {
  const ofClients = allOperations.filter(({ roles }) => roles.includes('client'));

  /** What ends or renews the session itself asks for none. */
  const needing = ofClients.filter(({ isReading, needs }) => !isReading && needs !== null);

  test('is refused whatever changes or sends something', () => {
    const open = ofClients.filter(({ isReading, needs }) => !isReading && needs === null).map(({ id }) => id);
    expect(open).toEqual(['renewSession', 'endOwnSession', 'createOwnSession']);
  });

  test.each(needing.map((operation) => [operation.id, operation] as const))('may not %s', async (_, operation) => {
    const { token } = await open({ scope: 'view' });
    const route = routeOf(operation, nobodys.with({ clients: client.id }));
    const answer = await world.ask(route, { key: token, body: operation.example ?? {} });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

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
    capabilities: [],
    renewal: null,
    openedBy: null,
    grantedUntil: null,
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

test.each([
  { scope: 'admin' },
  { renewableForMinutes: 10_081 },
  { expiresInMinutes: 0 },
  { expiresInMinutes: 1441 },
  { name: 'a\nb' },
  { x: 1 },
])('%j is refused', async (body) => {
  expect((await world.ask(`POST /v1/clients/${client.id}/portal-sessions`, { body })).status).toBe(422);
});

test('no session is opened or ended by a client, nor for one that is not', async () => {
  const path = `/v1/clients/${client.id}/portal-sessions`;
  const { token } = await open();
  expect((await world.ask(`POST ${path}`, { key: client.key, body: {} })).status).toBe(403);
  expect((await world.ask(`POST ${path}`, { key: token, body: {} })).status).toBe(403);
  expect((await world.ask('POST /v1/clients/cl_nobody/portal-sessions', { body: {} })).status).toBe(404);
  expect((await world.ask('DELETE /v1/clients/cl_nobody/portal-sessions')).status).toBe(404);
});

describe('capabilities', () => {
  test.each(capabilities.filter((one) => one !== 'payloads.read'))(
    '%s opens what needs it and nothing else',
    async (held) => {
      const { token } = await open({ capabilities: [held] });
      const objects = nobodys.with({ clients: client.id });
      const opened: Capability[] = [];
      for (const operation of allOperations.filter(({ roles, needs }) => roles.includes('client') && needs !== null)) {
        const answer = await world.ask(routeOf(operation, objects), { key: token, body: {} });
        if (answer.status !== 403 && operation.needs !== null) opened.push(operation.needs);
      }
      expect([...new Set(opened)]).toEqual([held]);
    },
  );

  test('without payloads.read no payload, data or response body is shown, and it says so', async () => {
    const owner = await newClient(world);
    const { id: webhookId } = await newWebhook(world, owner.key);
    const { deliveryId, eventId } = await seedHistory(world.env.DATABASE_URL, { clientId: owner.id, webhookId });
    const blind = await open({ capabilities: ['tests.send'] }, owner.id);
    const key = blind.token;
    const shown = async (path: string, by: string) => (await world.ask(`GET /v1/${path}`, { key: by })).body;
    const all = await shown(`deliveries/${deliveryId}`, owner.key);
    expect(all).toMatchObject({ isPayloadHidden: false, payloadSent: expect.any(String) });
    const delivery = await shown(`deliveries/${deliveryId}`, key);
    expect(delivery).toMatchObject({ isPayloadHidden: true, payloadSent: null });
    const samples = (one: Record<string, unknown>) =>
      (one['attempts'] as { responseBodySample: string | null }[]).map(({ responseBodySample }) => responseBodySample);
    expect(samples(all).some((sample) => sample !== null)).toBe(true);
    expect(samples(delivery).every((sample) => sample === null)).toBe(true);
    expect(await shown(`events/${eventId}`, owner.key)).toMatchObject({ isPayloadHidden: false });
    expect(await shown(`events/${eventId}`, key)).toMatchObject({ isPayloadHidden: true, data: null });
    const listed = (await shown('events?include=data', key))['data'];
    expect(listed).toMatchObject([{ id: eventId, isPayloadHidden: true, data: null }]);
    expect((await shown('events?include=data', owner.key))['data']).toMatchObject([{ id: eventId, data: { no: 1 } }]);
    const test = await world.ask(`POST /v1/webhooks/${webhookId}/filter-test`, { key, body: { eventId } });
    expect(test).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('that were not granted with the scope are refused', async () => {
    const path = `POST /v1/clients/${client.id}/portal-sessions`;
    const body = { scope: 'view', capabilities: ['tests.send'] };
    expect(await world.ask(path, { body })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/capabilities' }] },
    });
  });
});

describe('a session that is opened by a key of its client', () => {
  async function keyOf(owner: { id: string; key: string }, body: object) {
    const made = await world.ask(`POST /v1/clients/${owner.id}/api-keys`, {
      key: owner.key,
      body: { name: 'k', ...body },
    });
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return made.body as { id: string; key: string; expiresAt: string | null; capabilities: string[] };
  }
  const openBy = (key: string, body: object = {}) => world.ask('POST /v1/me/sessions', { key, body });

  test('can do no more than that key, and ends with it', async () => {
    const owner = await newClient(world);
    const expiresAt = new Date(Date.now() + 600_000).toISOString();
    const key = await keyOf(owner, { capabilities: ['tests.send', 'settings.write'], expiresAt });
    const opened = await openBy(key.key, { expiresInMinutes: 720, renewableForMinutes: 720 });
    expect(opened).toMatchObject({
      status: 201,
      body: {
        clientId: owner.id,
        capabilities: ['tests.send', 'settings.write'],
        expiresAt,
        renewableUntil: expiresAt,
      },
    });
    const token = String(opened.body['token']);
    const stronger = await openBy(key.key, { capabilities: ['webhooks.write'] });
    expect(stronger).toMatchObject({ status: 422, body: { errors: [{ path: '/capabilities' }] } });
    // Nor is what the session makes.
    const made = await keyOf({ id: owner.id, key: token }, {});
    expect(made).toMatchObject({ capabilities: ['tests.send', 'settings.write'], expiresAt });
    expect((await openBy(token)).status).toBe(403);
    expect((await openBy(key.key, { expiresInMinutes: 721 })).status).toBe(422);
    expect((await world.ask('GET /v1/me', { key: token })).status).toBe(200);
    const revoked = await world.ask(`DELETE /v1/clients/${owner.id}/api-keys/${key.id}`, { key: owner.key });
    expect(revoked.status).toBe(204);
    expect((await world.ask('GET /v1/me', { key: token })).status).toBe(401);
  });

  test('that only looks, only looks', async () => {
    const owner = await newClient(world);
    const viewer = await keyOf(owner, { role: 'viewer' });
    expect((await world.ask('GET /v1/me', { key: viewer.key })).body).toMatchObject({
      role: 'viewer',
      scope: 'view',
      capabilities: ['payloads.read'],
    });
    expect((await world.ask('GET /v1/webhooks', { key: viewer.key })).status).toBe(200);
    const create = { url: 'https://example.com', eventTypes: ['*'] };
    expect((await world.ask('POST /v1/webhooks', { key: viewer.key, body: create })).status).toBe(403);
    const opened = await openBy(viewer.key);
    expect(opened.body).toMatchObject({ scope: 'view', capabilities: ['payloads.read'] });
    const keys = `POST /v1/clients/${owner.id}/api-keys`;
    expect((await world.ask(keys, { key: viewer.key, body: { name: 'x' } })).status).toBe(403);
  });

  test('makes no key that publishes, none of another client, none that outlives it or is past', async () => {
    const owner = await newClient(world);
    const path = (id: string) => `POST /v1/clients/${id}/api-keys`;
    const make = (body: object, id = owner.id) => world.ask(path(id), { key: owner.key, body: { name: 'x', ...body } });
    expect((await make({ role: 'publisher' })).status).toBe(403);
    expect((await make({}, client.id)).status).toBe(404);
    const past = await make({ expiresAt: '2020-01-01T00:00:00.000Z' });
    expect(past).toMatchObject({ status: 422, body: { errors: [{ path: '/expiresAt' }] } });
    const short = await keyOf(owner, { expiresAt: new Date(Date.now() + 60_000).toISOString() });
    const later = { name: 'x', expiresAt: new Date(Date.now() + 120_000).toISOString() };
    expect((await world.ask(path(owner.id), { key: short.key, body: later })).status).toBe(422);
  });
});

test('a key is refused once its time is over', async () => {
  const owner = await newClient(world);
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const body = { name: 'short', expiresAt };
  const made = await world.ask(`POST /v1/clients/${owner.id}/api-keys`, { key: owner.key, body });
  const key = String(made.body['key']);
  const statusOf = async () => (await world.ask('GET /v1/me', { key })).status;
  await until(async () => (await statusOf()) === 401, { timeoutMs: 10_000, what: 'the key is refused' });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
});

describe('a session that may be renewed', () => {
  const renewal = { expiresInMinutes: 10, renewableForMinutes: 10_080 };

  test('gets a token of the same session, and ends with all its tokens', async () => {
    const { id, token } = await open(renewal);
    const renewed = await world.ask('POST /v1/me/renewal', { key: token, body: {} });
    expect(renewed).toMatchObject({ status: 200, body: { id, renewableUntil: expect.any(String) } });
    const later = String(renewed.body['token']);
    expect((await world.ask('GET /v1/me', { key: later })).body).toMatchObject({ id });
    expect((await world.ask('DELETE /v1/me', { key: later })).status).toBe(204);
    for (const key of [token, later]) expect((await world.ask('GET /v1/me', { key })).status).toBe(401);
    expect((await world.ask('POST /v1/me/renewal', { key: token, body: {} })).status).toBe(401);
  });

  test('is ended by its client or by its name, however often it was renewed', async () => {
    const path = `/v1/clients/${client.id}/portal-sessions`;
    for (const ending of [(id: string) => `DELETE ${path}/${id}`, () => `DELETE ${path}`]) {
      const { id, token } = await open(renewal);
      const renewed = await world.ask('POST /v1/me/renewal', { key: token, body: {} });
      expect((await world.ask(ending(id))).status).toBe(204);
      expect((await world.ask('GET /v1/me', { key: String(renewed.body['token']) })).status).toBe(401);
    }
  });

  test('is one that was opened so, and no key is', async () => {
    const { token } = await open();
    expect((await world.ask('POST /v1/me/renewal', { key: token, body: {} })).status).toBe(403);
    expect((await world.ask('POST /v1/me/renewal', { key: client.key, body: {} })).status).toBe(403);
    expect((await world.ask('DELETE /v1/me', { key: client.key })).status).toBe(403);
    expect((await world.ask('GET /v1/me', { key: client.key })).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  const ask = (method: 'GET' | 'OPTIONS' | 'POST', url: string, headers: Record<string, string>) =>
    world.app.inject({ method, url, headers });
  const asked = {
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization,if-match',
  };
  const corsOf = (headers: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

  test.each(['/v1/webhooks', '/v1/stream', '/v1/exports/deliveries', '/v1/me'])(
    'may ask %s when its origin is named, and is told before',
    async (url) => {
      const before = await ask('OPTIONS', url, { origin, ...asked });
      expect([before.statusCode, before.body]).toEqual([204, '']);
      expect(corsOf(before.headers)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers':
          'authorization, content-type, idempotency-key, if-match, last-event-id, traceparent',
        'access-control-max-age': '600',
      });
      expect(before.headers['vary']).toBe('Origin');
    },
  );

  test('reads answers and refusals alike, and headers that it needs', async () => {
    const expected = {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'allow, etag, ratelimit, ratelimit-policy, retry-after, x-request-id',
    };
    const good = await ask('GET', '/v1/me', { origin, authorization: `Bearer ${client.key}` });
    const refused = await ask('GET', '/v1/me', { origin });
    const nowhere = await ask('GET', '/v1/nowhere', { origin, authorization: `Bearer ${client.key}` });
    expect([good, refused, nowhere].map(({ statusCode }) => statusCode)).toEqual([200, 401, 404]);
    for (const { headers } of [good, refused, nowhere]) expect(corsOf(headers)).toEqual(expected);
  });

  test('#58 follows the stream, by fetch with a key in its header', async () => {
    const headers = { origin, authorization: `Bearer ${client.key}` };
    const response = await world.app.inject({ url: '/v1/stream', headers, payloadAsStream: true });
    response.stream().destroy();
    expect([response.statusCode, response.headers['access-control-allow-origin']]).toEqual([200, origin]);
  });

  test.each([
    'http://portal.example.com',
    'https://portal.example.com.evil.example',
    'https://evil-portal.example.com',
    'https://portal.example.com:8443',
    'https://PORTAL.example.com',
    'null',
    '*',
  ])('is answered as if nobody had asked when its origin is %s', async (stranger) => {
    const before = await ask('OPTIONS', '/v1/webhooks', { origin: stranger, ...asked });
    expect([before.statusCode, corsOf(before.headers)]).toEqual([405, {}]);
    const answer = await ask('GET', '/v1/me', { origin: stranger, authorization: `Bearer ${client.key}` });
    expect([answer.statusCode, corsOf(answer.headers), answer.headers['vary']]).toEqual([200, {}, 'Origin']);
  });

  test('gets no credentials, and opens nothing by asking before', async () => {
    const before = await ask('OPTIONS', '/v1/webhooks', { origin });
    expect(before.statusCode).toBe(405);
    const made = await ask('POST', '/v1/clients', { origin });
    expect([made.statusCode, made.headers['access-control-allow-credentials']]).toEqual([401, undefined]);
  });
});

test('everybody who calls is told the settings in force, a client its own rule of what disables', async () => {
  const owner = await newClient(world);
  const publisher = await world.ask('POST /v1/api-keys', { body: { name: 'p', role: 'publisher' } });
  const { token } = await open({ capabilities: [] }, owner.id);
  const settings = await world.ask('GET /v1/settings', { key: owner.key });
  expect(settings).toMatchObject({
    status: 200,
    body: {
      urls: { schemes: ['https'], ports: ['443', '8443'], allowedHosts: [], deniedHosts: [] },
      sizes: { eventBytesMax: 262_144, eventsPerRequestMax: 500, responseSampleBytes: 4096 },
      retention: { historyDays: 30, auditDays: null },
      webhooksPerClientMax: 1000,
      retryPolicy: { default: { maxAttempts: 6 }, limits: { maxAttempts: { min: 1, max: 20 } } },
      timeoutMs: { default: 5000, limits: { min: 100, max: 30_000 } },
      signature: { algorithm: 'hmac-sha256', header: 'X-DeeperHub-Signature' },
      autoDisable: { isEnabled: true, failureThreshold: 20, minMinutes: 60, failureRatePercent: 95 },
      isMailSent: false,
    },
  });
  for (const key of [String(publisher.body['key']), token]) {
    expect((await world.ask('GET /v1/settings', { key })).body).toEqual(settings.body);
  }
  const { changeable } = (await world.ask('GET /v1/settings')).body;
  expect((await world.ask('GET /v1/settings')).body).toEqual({ ...settings.body, changeable });
  expect(changeable).toContain('/webhooksPerClientMax');
  await world.ask(`PATCH /v1/clients/${owner.id}`, { body: { autoDisable: { failureThreshold: 50 } } });
  const autoDisable = async (key: string) => (await world.ask('GET /v1/settings', { key })).body['autoDisable'];
  expect(await autoDisable(token)).toMatchObject({ failureThreshold: 50, minMinutes: 60 });
  expect(await autoDisable(world.adminKey)).toMatchObject({ failureThreshold: 20 });
});
