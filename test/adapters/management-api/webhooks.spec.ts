import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { newClient, newWebhook, saidBy, startWorld, type Answer, type World } from './api-world.ts';

let world: World;
let client: Awaited<ReturnType<typeof newClient>>;

beforeAll(async () => {
  world = await startWorld();
  client = await newClient(world);
}, 120_000);

afterAll(async () => {
  await world.close();
});

function rulesOf({ body }: Answer): string[] {
  return (body['errors'] as { path: string; rule: string }[]).map(({ path, rule }) => `${path} ${rule}`);
}

test('a webhook is created with defaults, and its secret is in that answer only', async () => {
  const body = { url: 'https://example.com/hook', eventTypes: ['order.*'] };
  const created = await world.ask('POST /v1/webhooks', { body, key: client.key });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    clientId: client.id,
    ...body,
    description: null,
    isActive: true,
    disabledBy: null,
    headers: {},
    filter: null,
    ordering: 'inOrder',
    timeoutMs: 5000,
    retryPolicy: { maxAttempts: 6, baseDelayMs: 5000, maxDelayMs: 86_400_000, backoffFactor: 12, jitter: 0.2 },
    successCodes: [],
    retryOn: [],
    failOn: [],
    format: 'json',
    signatureAlgorithm: 'hmac-sha256',
    version: 1,
  });
  const { secret, ...shown } = created.body;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const read = await world.ask(`GET /v1/webhooks/${String(shown['id'])}`, { key: client.key });
  expect(read.body).toEqual(shown);
});

test('what an ed25519 webhook is given is the public key', async () => {
  const { secret } = await newWebhook(world, client.key, { signatureAlgorithm: 'ed25519' });
  expect(secret).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
});

test('headers are sealed, shown masked whatever their names, and kept when they come back masked', async () => {
  const headers = { Authorization: 'Bearer hush-hush', 'X-Tenant': 'tenant-hush-hush' };
  const { id } = await newWebhook(world, client.key, { headers });
  const route = `PATCH /v1/webhooks/${id}`;
  const shown = { authorization: '********', 'x-tenant': '********' };
  const patched = await world.ask(route, { body: { headers: { ...shown, 'x-new': '1' } }, key: client.key });
  expect(patched.body['headers']).toEqual({ ...shown, 'x-new': '********' });
  expect(patched.body['version']).toBe(2);
  const removed = await world.ask(route, { body: { headers: { 'X-NEW': null } }, key: client.key });
  expect(removed.body['headers']).toEqual(shown);
  const audit = await world.ask(`GET /v1/audit?objectId=${id}`, { key: client.key });
  expect(audit.text).not.toContain('hush-hush');
  expect((audit.body['data'] as { action: string }[]).map(({ action }) => action)).toEqual([
    'webhook.updated',
    'webhook.updated',
    'webhook.created',
  ]);
});

describe('a change', () => {
  test('leaves what is absent, and null goes back to the default', async () => {
    const given = {
      description: 'mine',
      timeoutMs: 9000,
      retryPolicy: { maxAttempts: 3 },
      filter: { type: 'order.paid' },
    };
    const { id } = await newWebhook(world, client.key, given);
    const route = `PATCH /v1/webhooks/${id}`;
    const first = await world.ask(route, { body: { retryPolicy: { jitter: 0 } }, key: client.key });
    expect(first.body).toMatchObject({ ...given, retryPolicy: { maxAttempts: 3, jitter: 0 } });
    const second = await world.ask(route, {
      body: { timeoutMs: null, filter: null, retryPolicy: null },
      key: client.key,
    });
    expect(second.body).toMatchObject({ description: 'mine', timeoutMs: 5000, filter: null, version: 3 });
    expect(second.body['retryPolicy']).toMatchObject({ maxAttempts: 6, jitter: 0.2 });
  });

  test('#11 of what answers mean replaces each list', async () => {
    const { id } = await newWebhook(world, client.key, { successCodes: [302, '4xx'], retryOn: [404] });
    const route = `PATCH /v1/webhooks/${id}`;
    const changed = await world.ask(route, { body: { successCodes: ['3xx'], failOn: [500] }, key: client.key });
    expect(changed.body).toMatchObject({ successCodes: ['3xx'], retryOn: [404], failOn: [500], version: 2 });
    const back = await world.ask(route, { body: { successCodes: null, retryOn: [] }, key: client.key });
    expect(back.body).toMatchObject({ successCodes: [], retryOn: [], failOn: [500], version: 3 });
    const clash = await world.ask(route, { body: { retryOn: [500] }, key: client.key });
    expect([clash.status, rulesOf(clash)]).toEqual([422, ['/failOn/0 conflict']]);
  });

  test('that changes nothing makes no version', async () => {
    const { id } = await newWebhook(world, client.key, { description: 'same' });
    const answer = await world.ask(`PATCH /v1/webhooks/${id}`, {
      body: { description: 'same', isActive: true },
      key: client.key,
    });
    expect(answer.body['version']).toBe(1);
  });

  test('is refused as a whole when what results is wrong', async () => {
    const { id } = await newWebhook(world, client.key);
    const body = { description: 'new', retryPolicy: { maxDelayMs: 1000 } };
    const answer = await world.ask(`PATCH /v1/webhooks/${id}`, { body, key: client.key });
    expect(answer.status).toBe(422);
    expect(rulesOf(answer)).toEqual(['/retryPolicy/maxDelayMs minimum']);
    expect((await world.ask(`GET /v1/webhooks/${id}`)).body).toMatchObject({ description: null, version: 1 });
  });
});

test('#69 zero and what is empty are settings', async () => {
  const given = { retryPolicy: { jitter: 0 }, headers: {}, filter: {}, successCodes: [], autoHeal: false };
  const { id } = await newWebhook(world, client.key, { ...given, headers: { 'x-a': '1' }, filter: { type: 'a' } });
  const kept = await world.ask(`PATCH /v1/webhooks/${id}`, { body: { ...given, headers: null }, key: client.key });
  expect(kept.body).toMatchObject(given);
  const { body } = await world.ask(`POST /v1/webhooks/${id}/secret/rotate`, {
    body: { overlapHours: 0 },
    key: client.key,
  });
  expect(Date.parse(String(body['previousSecretExpiresAt']))).toBeLessThanOrEqual(Date.now());
});

test('#52 a filter has long numbers as they were written', async () => {
  const { id } = await newWebhook(world, client.key);
  const body = { filter: { 'data.id': parseLossless('9007199254740993') } };
  const changed = await world.ask(`PATCH /v1/webhooks/${id}`, { body, key: client.key });
  expect([changed.status, changed.text]).toEqual([200, expect.stringContaining('"data.id":9007199254740993}')]);
});

describe('a version', () => {
  test('is the ETag of every answer with the webhook, repeated answers included', async () => {
    const body = { url: 'https://example.com/hook', eventTypes: ['order.*'] };
    const headers = { 'idempotency-key': 'etag-1' };
    const created = await world.ask('POST /v1/webhooks', { body, key: client.key, headers });
    const again = await world.ask('POST /v1/webhooks', { body, key: client.key, headers });
    const route = `/v1/webhooks/${String(created.body['id'])}`;
    const read = await world.ask(`GET ${route}`, { key: client.key });
    const patched = await world.ask(`PATCH ${route}`, { body: { description: 'x' }, key: client.key });
    const disabled = await world.ask(`POST ${route}/disable`, { key: client.key });
    const tags = [created, again, read, patched, disabled].map((answer) => answer.headers['etag']);
    expect(tags).toEqual(['"1"', '"1"', '"1"', '"2"', '"3"']);
  });

  test.each<[string, string, object | undefined]>([
    ['PATCH', '', { description: 'x' }],
    ['DELETE', '', undefined],
    ['POST', '/enable', {}],
    ['POST', '/disable', {}],
    ['POST', '/secret/rotate', {}],
  ])('that has passed stops %s %s', async (method, path, body) => {
    const { id } = await newWebhook(world, client.key);
    await world.ask(`PATCH /v1/webhooks/${id}`, { body: { description: 'mine' }, key: client.key });
    const ask = (ifMatch: string, key = client.key, of = id) =>
      world.ask(`${method} /v1/webhooks/${of}${path}`, { body, key, headers: { 'if-match': ifMatch } });
    const refused = await ask('"1"');
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect((await world.ask(`GET /v1/webhooks/${id}`)).body).toMatchObject({ version: 2, description: 'mine' });
    // To another client it is nobody's, whatever it names.
    const stranger = await newClient(world);
    expect(saidBy(await ask('"1"', stranger.key))).toBe(saidBy(await ask('"1"', stranger.key, 'wh_nobody')));
    expect((await ask('"1", "2"')).status).toBeLessThan(300);
  });

  test('that many mean at once lets one of them through', async () => {
    const { id } = await newWebhook(world, client.key);
    const patch = (description: string) =>
      world.ask(`PATCH /v1/webhooks/${id}`, { body: { description }, key: client.key, headers: { 'if-match': '"1"' } });
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(patch));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412]);
  });
});

describe('disabling and enabling', () => {
  test('says who did it', async () => {
    const { id } = await newWebhook(world, client.key);
    const disabled = await world.ask(`POST /v1/webhooks/${id}/disable`, { key: client.key });
    expect(disabled.body).toMatchObject({ isActive: false, disabledBy: 'client' });
    expect((await world.ask(`GET /v1/webhooks/${id}/health`)).body).toMatchObject({ state: 'disabled' });
    const again = await world.ask(`POST /v1/webhooks/${id}/disable`);
    expect(again.body).toMatchObject({ disabledBy: 'client', version: 2 });
    const enabled = await world.ask(`POST /v1/webhooks/${id}/enable`, { body: {}, key: client.key });
    expect(enabled.body).toMatchObject({ isActive: true, disabledBy: null, disabledAt: null, version: 3 });
    expect((await world.ask(`POST /v1/webhooks/${id}/disable`)).body).toMatchObject({ disabledBy: 'operator' });
  });

  test('says what is missed, and which replay brings it back', async () => {
    const { id, createdAt } = await newWebhook(world, client.key);
    const disable = async () =>
      (await world.ask(`POST /v1/webhooks/${id}/disable`, { key: client.key })).body['missed'];
    const missed = (missedSince: unknown) => ({
      waiting: 0,
      since: missedSince,
      replay: { filter: { webhookId: id, missedWhileDisabled: true, missedSince } },
    });
    expect(await disable()).toEqual(missed(createdAt));
    expect(await disable()).toEqual(missed(createdAt));
    const enabled = (await world.ask(`POST /v1/webhooks/${id}/enable`, { key: client.key })).body;
    const again = (await disable()) as { replay: object };
    expect(again).toEqual(missed(enabled['updatedAt']));
    const body = { ...again.replay, dryRun: true };
    const replay = await world.ask('POST /v1/replays', { body, key: client.key });
    expect(replay).toMatchObject({ status: 202, body: { total: 0 } });
  });

  test('a disabled webhook gets test events', async () => {
    const { id } = await newWebhook(world, client.key, { isActive: false });
    const answer = await world.ask(`POST /v1/webhooks/${id}/test-events`, { body: {}, key: client.key });
    expect(answer.status).toBe(202);
  });
});

describe('rotation', () => {
  test('shows the new secret once and says when the old one ends', async () => {
    const { id, secret } = await newWebhook(world, client.key);
    const rotated = await world.ask(`POST /v1/webhooks/${id}/secret/rotate`, {
      body: { overlapHours: 2 },
      key: client.key,
    });
    expect(rotated.status).toBe(200);
    expect(rotated.body['secret']).toMatch(/^whsec_/);
    expect(rotated.body['secret']).not.toBe(secret);
    const end = Date.parse(String(rotated.body['previousSecretExpiresAt']));
    expect(Math.abs(end - Date.now() - 7_200_000)).toBeLessThan(60_000);
  });

  test('at most ten secrets are live, and 0 hours end the old ones', async () => {
    const { id } = await newWebhook(world, client.key);
    const rotate = (overlapHours: number) =>
      world.ask(`POST /v1/webhooks/${id}/secret/rotate`, { body: { overlapHours }, key: client.key });
    for (let live = 1; live < 10; live += 1) expect((await rotate(24)).status).toBe(200);
    expect(await rotate(24)).toMatchObject({ status: 409, body: { code: 'too_many_secrets' } });
    expect((await rotate(0)).status).toBe(200);
    expect((await rotate(24)).status).toBe(200);
  });

  test.each([-1, 169, '24', null])('overlapHours %j is refused', async (overlapHours) => {
    const { id } = await newWebhook(world, client.key);
    const answer = await world.ask(`POST /v1/webhooks/${id}/secret/rotate`, {
      body: { overlapHours },
      key: client.key,
    });
    expect(answer.status).toBe(422);
  });
});

test('a deleted webhook is gone, and gone again is not found', async () => {
  const { id } = await newWebhook(world, client.key);
  expect((await world.ask(`DELETE /v1/webhooks/${id}`, { key: client.key })).status).toBe(204);
  expect((await world.ask(`DELETE /v1/webhooks/${id}`, { key: client.key })).status).toBe(404);
  expect((await world.ask(`GET /v1/webhooks/${id}`, { key: client.key })).status).toBe(404);
});

describe('lists', () => {
  test('come in pages, newest first, whole and without repeats', async () => {
    const owner = await newClient(world);
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push((await newWebhook(world, owner.key)).id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await world.ask(`GET /v1/webhooks?limit=2${cursor}`, { key: owner.key });
      seen.push(...(page.body['data'] as { id: string }[]).map(({ id }) => id));
      const next = page.body['nextCursor'];
      cursor = typeof next === 'string' ? `&cursor=${next}` : '';
    } while (cursor !== '');
    expect(seen.toSorted()).toEqual(made.toSorted());
  });

  test('go back to the first page when nothing is left before', async () => {
    const owner = await newClient(world);
    const older = await newWebhook(world, owner.key);
    const newer = await newWebhook(world, owner.key);
    const page = async (cursor: unknown) =>
      (await world.ask(`GET /v1/webhooks?limit=1&cursor=${String(cursor)}`, { key: owner.key })).body;
    const { body: first } = await world.ask('GET /v1/webhooks?limit=1', { key: owner.key });
    const last = await page(first['nextCursor']);
    await world.ask(`DELETE /v1/webhooks/${newer.id}`, { key: owner.key });
    expect(await page(last['prevCursor'])).toMatchObject({ data: [{ id: older.id }], prevCursor: null });
  });

  test('are filtered', async () => {
    const owner = await newClient(world);
    const orders = await newWebhook(world, owner.key, { eventTypes: ['order.*'] });
    const all = await newWebhook(world, owner.key, { eventTypes: ['*'], isActive: false });
    const ids = async (query: string, key = owner.key) =>
      ((await world.ask(`GET /v1/webhooks?${query}`, { key })).body['data'] as { id: string }[]).map(({ id }) => id);
    expect((await ids('eventType=order.paid')).toSorted()).toEqual([orders.id, all.id].toSorted());
    expect(await ids('eventType=invoice.paid')).toEqual([all.id]);
    expect(await ids('isActive=true')).toEqual([orders.id]);
    expect((await ids(`clientId=${owner.id}`, world.adminKey)).length).toBe(2);
    expect(await ids(`clientId=${client.id}`)).toEqual([]);
  });

  test.each(['cursor=x', 'cursor=WzFd', 'limit=0', 'limit=251', 'isActive=maybe', 'what=1'])(
    '%s is refused',
    async (query) => {
      expect((await world.ask(`GET /v1/webhooks?${query}`, { key: client.key })).status).toBe(422);
    },
  );
});

test.each<[string, object, string[]]>([
  ['http', { url: 'http://example.com' }, ['/url scheme']],
  ['a private address', { url: 'https://10.0.0.8/' }, ['/url address']],
  ['a port', { url: 'https://example.com:22/' }, ['/url port']],
  ['a header of ours', { headers: { 'Webhook-Id': 'x' } }, ['/headers/Webhook-Id forbidden']],
  ['a header injection', { headers: { a: 'x\r\nb: y' } }, ['/headers/a value']],
  ['a filter', { filter: { 'data.a': { $regex: 'x' } } }, ['/filter/data.a/$regex filter']],
  ['codes', { successCodes: [302, 200, '5xx'] }, ['/successCodes/1 minimum', '/successCodes/2 enum']],
  ['codes that mean two things', { successCodes: [302], failOn: ['3xx', 302] }, ['/failOn/1 conflict']],
  ['a retry policy', { retryPolicy: { baseDelayMs: 60_000, maxDelayMs: 1000 } }, ['/retryPolicy/maxDelayMs minimum']],
  [
    'everything',
    { url: 'ftp://x', eventTypes: [], format: 'x', y: 1 },
    ['/url scheme', '/eventTypes minItems', '/format enum', '/y unknown'],
  ],
])('%s that cannot be is refused with its rule', async (_, change, expected) => {
  const body = { url: 'https://example.com/hook', eventTypes: ['order.*'], ...change };
  const answer = await world.ask('POST /v1/webhooks', { body, key: client.key });
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', status: 422 } });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(rulesOf(answer).toSorted()).toEqual(expected.toSorted());
});

describe('the secrets of a webhook', () => {
  const plain = 'correct horse battery staple';
  const listed = async (id: string) => {
    const answer = await world.ask(`GET /v1/webhooks/${id}/secrets`, { key: client.key });
    return { text: answer.text, data: answer.body['data'] as { id: string; expiresAt: string | null }[] };
  };

  test('are listed without their values, and an older one is ended by its id', async () => {
    const { id } = await newWebhook(world, client.key, { secret: plain });
    await world.ask(`POST /v1/webhooks/${id}/secret/rotate`, { key: client.key, body: {} });
    const { text, data } = await listed(id);
    expect(data).toMatchObject([{ expiresAt: null }, { expiresAt: expect.any(String) }]);
    expect(text).not.toMatch(/whsec_|correct/);
    const [newest, older] = data;
    const end = (secretId = '', key = client.key) =>
      world.ask(`DELETE /v1/webhooks/${id}/secrets/${secretId}`, { key });
    expect(await end(newest?.id)).toMatchObject({ status: 409, body: { code: 'newest_secret' } });
    expect((await end(older?.id, (await newClient(world)).key)).status).toBe(404);
    expect((await end(older?.id)).status).toBe(204);
    expect((await end(older?.id)).status).toBe(404);
    expect((await listed(id)).data).toHaveLength(1);
  });

  test('are replaced by PATCH, with overlap, once, and in one version with the rest', async () => {
    const created = await newWebhook(world, client.key, {});
    const patch = (body: object, key = client.key) => world.ask(`PATCH /v1/webhooks/${created.id}`, { key, body });
    const changed = await patch({ secret: plain, description: 'new' });
    expect(changed).toMatchObject({ status: 200, body: { version: 2, description: 'new' } });
    expect(changed.text).not.toContain(plain);
    expect((await listed(created.id)).data).toMatchObject([{ expiresAt: null }, { expiresAt: expect.any(String) }]);
    expect((await patch({ secret: plain })).body).toMatchObject({ version: 2 });
    expect((await patch({ secret: 'short' })).body).toMatchObject({ errors: [{ path: '/secret' }] });
    const audit = await world.ask(`GET /v1/audit?objectId=${created.id}`, { key: client.key });
    expect(audit.text).not.toContain(plain);
    const body = { capabilities: ['webhooks.write'] };
    const session = await world.ask(`POST /v1/clients/${client.id}/portal-sessions`, { body });
    const token = String(session.body['token']);
    expect((await patch({ description: 'mine' }, token)).status).toBe(200);
    expect((await patch({ secret: `${plain} 2` }, token)).status).toBe(403);
  });
});
