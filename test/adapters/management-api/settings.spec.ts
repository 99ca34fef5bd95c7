/** What a client brings of its own: secrets, TLS material; how many webhooks it may have; and what operators set for all. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { newClient, newWebhook, startWorld, type Answer, type World } from './api-world.ts';
import { until } from '../../support/until.ts';
import { followTopic } from './topic-reader.ts';

const perClient = 5;
let world: World;
let client: Awaited<ReturnType<typeof newClient>>;

beforeAll(async () => {
  const limits = { WEBHOOK_RETRY_ATTEMPTS_MAX: '10', WEBHOOK_TIMEOUT_MS_MAX: '9000', WEBHOOK_SUCCESS_CODES: '302' };
  world = await startWorld({ WEBHOOKS_PER_CLIENT: String(perClient), PORTAL_ENABLED: 'false', ...limits });
  client = await newClient(world);
}, 120_000);

afterAll(async () => {
  await world.close();
});

const authority = createAuthority();
const { cert, key } = authority.issue();
const ca = authority.cert;
const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
const whsk = `whsk_${Buffer.alloc(32, 7).toString('base64')}`;

async function create(more: object, owner?: string): Promise<Answer> {
  const asker = owner ?? (await newClient(world)).key;
  const body = { url: 'https://example.com/hook', eventTypes: ['order.*'], ...more };
  return world.ask('POST /v1/webhooks', { key: asker, body });
}

function rulesOf({ body }: Answer): string[] {
  return (body['errors'] as { path: string; rule: string }[]).map(({ path, rule }) => `${path} ${rule}`);
}

test('what a client chooses keeps the limits of the operator', async () => {
  const within = { timeoutMs: 9_000, retryPolicy: { maxAttempts: 10 }, successCodes: [302] };
  expect(await create(within)).toMatchObject({ status: 201, body: within });
  const beyond = { timeoutMs: 9_001, retryPolicy: { maxAttempts: 11 }, successCodes: ['3xx'] };
  const answer = await create(beyond);
  expect([answer.status, rulesOf(answer)]).toEqual([
    422,
    ['/timeoutMs maximum', '/retryPolicy/maxAttempts maximum', '/successCodes/0 enum'],
  ]);
});

test.each(['/', '/portal', '/portal/', '/portal/assets/x', '/portal/config.json'])(
  'without the portal, %s is nothing, to nobody and to an admin',
  async (path) => {
    for (const key of ['', world.adminKey]) {
      const answer = await world.ask(`GET ${path}`, { key });
      expect(answer).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
    }
  },
);

describe('settings that operators change', () => {
  const patch = (body: object, headers: Record<string, string> = {}) =>
    world.ask('PATCH /v1/settings', { body, headers });
  const read = async (key?: string) => (await world.ask('GET /v1/settings', key === undefined ? {} : { key })).body;

  afterEach(async () => {
    const all = { webhooksPerClientMax: null, retryPolicy: null, timeoutMs: null, signature: null, autoDisable: null };
    expect((await patch(all)).body).toMatchObject({ changed: [], timeoutMs: { default: 5_000 } });
  });

  test('count at once for new webhooks, are audited, and null takes them back', async () => {
    const owner = await newClient(world);
    const before = await create({}, owner.key);
    const answer = await patch({
      webhooksPerClientMax: 2,
      retryPolicy: { default: { maxAttempts: 3 } },
      timeoutMs: { default: 8_000 },
      signature: { algorithm: 'ed25519' },
      autoDisable: { failureThreshold: 9, failureRatePercent: 0 },
    });
    expect(answer).toMatchObject({ status: 200, body: { webhooksPerClientMax: 2, timeoutMs: { default: 8_000 } } });
    expect(answer.headers['etag']).toBe(`"${String(answer.body['revision'])}"`);
    expect(answer.body['changed']).toHaveLength(6);
    const chosen = { timeoutMs: 8_000, signatureAlgorithm: 'ed25519', retryPolicy: { maxAttempts: 3, jitter: 0.2 } };
    expect(await create({}, owner.key)).toMatchObject({ status: 201, body: chosen });
    expect(await create({}, owner.key)).toMatchObject({ status: 409, body: { code: 'too_many_webhooks' } });
    // Webhooks from before keep what they have.
    const kept = await world.ask(`GET /v1/webhooks/${String(before.body['id'])}`);
    expect(kept.body).toMatchObject({ timeoutMs: 5_000, signatureAlgorithm: 'hmac-sha256' });
    // A client sees what counts for it, and not who says so.
    expect(await read(owner.key)).toMatchObject({
      ...{ timeoutMs: { default: 8_000 }, autoDisable: { failureThreshold: 9, failureRatePercent: 0 } },
      ...{ changeable: [], changed: [] },
    });

    expect((await patch({ timeoutMs: null, autoDisable: { failureThreshold: null } })).body).toMatchObject({
      ...{ timeoutMs: { default: 5_000 }, webhooksPerClientMax: 2 },
      autoDisable: { failureThreshold: 20, failureRatePercent: 0 },
    });
    const { body } = await world.ask('GET /v1/audit?objectKind=settings&limit=1');
    expect((body['data'] as object[])[0]).toMatchObject({
      ...{ action: 'settings.updated', clientId: null },
      before: { '/timeoutMs/default': 8_000, '/autoDisable/failureThreshold': 9 },
      after: { '/timeoutMs/default': null, '/autoDisable/failureThreshold': null },
    });
    const own = await world.ask('GET /v1/audit?objectKind=settings', { key: owner.key });
    expect(own.body['data']).toEqual([]);
  });

  test('are those that another process changed', async () => {
    await patch({ timeoutMs: { default: 6_000 } });
    const changed = JSON.stringify({ '/timeoutMs/default': 7_000 });
    await withDatabase((database) =>
      database.query('update operator_settings set changed = $1, revision = revision + 1', [changed]),
    );
    const hasIt = async () => (await create({})).body['timeoutMs'] === 7_000;
    await until(hasIt, { timeoutMs: 10_000, what: 'what another process changed' });
  });

  test.each<[object, string[]]>([
    [{ timeoutMs: { default: 9_001 } }, ['/timeoutMs/default maximum']],
    [{ retryPolicy: { default: { maxAttempts: 11 } } }, ['/retryPolicy/default/maxAttempts maximum']],
    [{ retryPolicy: { default: { maxDelayMs: 4_000 } } }, ['/retryPolicy/default/maxDelayMs minimum']],
    [{ retryPolicy: { default: { maxAttempts: 10 } } }, ['/retryPolicy/default/maxAttempts maximum']],
    [{ autoDisable: { failureThreshold: 0 }, webhooksPerClientMax: 'many' }, ['/webhooksPerClientMax type', '/autoDisable/failureThreshold minimum']], // prettier-ignore
    [{ retention: { historyDays: 1 } }, ['/retention unknown']],
    [{ timeoutMs: { limits: { max: 1 } } }, ['/timeoutMs/limits unknown']],
  ])('%j is refused: %j', async (body, expected) => {
    const answer = await patch(body);
    expect([answer.status, rulesOf(answer).toSorted()]).toEqual([422, expected.toSorted()]);
    expect((await read())['changed']).toEqual([]);
  });

  test('are changed by operators alone, and by one who knows what they are', async () => {
    const { key } = await newClient(world);
    const body = { timeoutMs: { default: 8_000 } };
    expect((await world.ask('PATCH /v1/settings', { key, body })).status).toBe(403);
    const { revision } = await read();
    expect((await patch(body, { 'if-match': `"${Number(revision) + 1}"` })).status).toBe(412);
    expect((await patch(body, { 'if-match': `"${String(revision)}"` })).status).toBe(200);
    expect((await patch(body, { 'if-match': `"${String(revision)}"` })).status).toBe(412);
    // What changes nothing is no change.
    expect((await patch(body)).body['revision']).toBe(Number(revision) + 1);
    const { changeable } = await read();
    expect(changeable).toContain('/timeoutMs/default');
  });
});

describe('a secret of the client’s own', () => {
  test('signs as it is', async () => {
    expect((await create({ secret: whsec(24) })).body).toMatchObject({
      secret: whsec(24),
      signatureAlgorithm: 'hmac-sha256',
    });
    const ed25519 = await create({ secret: whsk });
    expect(ed25519.body).toMatchObject({ signatureAlgorithm: 'ed25519', secret: expect.stringMatching(/^whpk_/) });
    expect((await create({ secret: null })).body['secret']).toMatch(/^whsec_/);
  });

  test('can be rotated in', async () => {
    const { id } = (await create({}, client.key)).body;
    const rotate = (secret: string) =>
      world.ask(`POST /v1/webhooks/${String(id)}/secret/rotate`, { key: client.key, body: { secret } });
    expect((await rotate(whsec(64))).body['secret']).toBe(whsec(64));
    expect(rulesOf(await rotate(whsk))).toEqual(['/secret algorithm']);
    // A refused one changes nothing.
    expect((await world.ask(`GET /v1/webhooks/${String(id)}`)).body['version']).toBe(2);
  });

  test.each<[object, string]>([
    [{ secret: 'hush' }, '/secret secret'],
    [{ secret: 'whsec_' }, '/secret secret'],
    [{ secret: 'whsec_!!!!' }, '/secret secret'],
    [{ secret: whsec(23) }, '/secret secret'],
    [{ secret: whsec(65) }, '/secret secret'],
    [{ secret: whsk, signatureAlgorithm: 'hmac-sha256' }, '/secret algorithm'],
    [{ secret: whsec(32), signatureAlgorithm: 'ed25519' }, '/secret algorithm'],
  ])('%j is refused: %s', async (more, expected) => {
    const answer = await create(more);
    expect(answer.status).toBe(422);
    expect(rulesOf(answer)).toEqual([expected]);
    // What is wrong with it is said without it.
    expect(answer.text).not.toContain((more as { secret: string }).secret.slice(6) || 'nothing');
  });
});

describe('TLS material', () => {
  const shown = { subject: expect.stringContaining('CN=Test'), validTo: expect.any(String) };

  test('is shown by names and fingerprints, and changed member by member', async () => {
    const owner = await newClient(world);
    const created = await create({ tls: { ca, cert, key } }, owner.key);
    expect(created.body['tls']).toMatchObject({ ca: [shown], cert: [shown], key: '********' });
    const route = `PATCH /v1/webhooks/${String(created.body['id'])}`;
    const patch = async (tls: unknown) => (await world.ask(route, { key: owner.key, body: { tls } })).body;
    // As a form sends it back: the key masked, the rest anew.
    expect(await patch({ cert, key: '********' })).toMatchObject({ version: 1, tls: { key: '********' } });
    expect((await patch({ ca: null }))['tls']).toMatchObject({ ca: null, cert: [shown], key: '********' });
    expect((await patch({ ca, cert: null, key: null }))['tls']).toMatchObject({ ca: [shown], cert: null, key: null });
    expect((await patch(null))['tls']).toBeNull();
    expect((await patch({ ca: null }))['tls']).toBeNull();
  });

  test.each<[object, string[]]>([
    [{ tls: { ca: 'no PEM' } }, ['/tls/ca pem']],
    [{ tls: { cert } }, ['/tls/key together']],
    [{ tls: { cert, key: authority.issue().key } }, ['/tls/key pair']],
    [{ tls: { password: 'x' } }, ['/tls/password unknown']],
    [{ tls: { ca: 7 } }, ['/tls/ca type']],
  ])('is refused: %#', async (more, expected) => {
    const answer = await create(more);
    expect(answer.status).toBe(422);
    expect(rulesOf(answer)).toEqual(expected);
  });
});

describe('a webhook whose encryption key is lost', () => {
  async function lost(more: object = {}) {
    const owner = await newClient(world);
    const headers = { authorization: 'Bearer x', 'x-tenant': 'acme' };
    const { id } = await newWebhook(world, owner.key, { headers, tls: { ca }, ...more });
    await withDatabase(async (database) => {
      const gone = (column: string) => `${column} = replace(${column}, 'v1.test.', 'v1.gone.')`;
      await database.query(`update webhook set ${gone('sealed_headers')}, ${gone('sealed_tls')} where id = $1`, [id]);
      await database.query(`update webhook_secret set ${gone('sealed')} where webhook_id = $1`, [id]);
    });
    const ask = (route: string, body: object = {}) => world.ask(route, { key: owner.key, body });
    const patch = (body: object) => ask(`PATCH /v1/webhooks/${id}`, body);
    return { id, ask, patch };
  }

  test('is switched off and on, changed elsewhere, and deleted', async () => {
    const { id, ask, patch } = await lost();
    expect(await ask(`POST /v1/webhooks/${id}/disable`)).toMatchObject({ status: 200, body: { isActive: false } });
    expect(await ask(`POST /v1/webhooks/${id}/enable`)).toMatchObject({ status: 200, body: { isActive: true } });
    const changed = await patch({ description: 'new', url: 'https://example.com/other' });
    expect(changed).toMatchObject({ status: 200, body: { description: 'new', version: 4, tls: { ca: [{}] } } });
    // As a form sends it back.
    const masked = { authorization: '********' };
    expect(await patch({ timeoutMs: 9_000, headers: masked })).toMatchObject({ status: 200, body: { version: 5 } });
    const sealed = await withDatabase((database) =>
      database.query<{ sealed: string }>('select sealed_headers as sealed from webhook where id = $1', [id]),
    );
    expect(sealed.rows[0]?.sealed).toMatch(/^v1\.gone\./);
    expect((await ask(`DELETE /v1/webhooks/${id}`)).status).toBe(204);
  });

  test('takes new values for all that was sealed together, or none, and says which are missing', async () => {
    const { patch } = await lost();
    const part = await patch({ headers: { 'x-tenant': 'new' }, tls: { cert, key } });
    expect([part.status, rulesOf(part)]).toEqual([422, ['/headers/authorization unreadable', '/tls/ca unreadable']]);
    const headers = { authorization: 'Bearer y', 'x-tenant': null };
    expect(await patch({ headers, tls: { ca, cert, key } })).toMatchObject({
      status: 200,
      body: { headers: { authorization: '********' }, tls: { cert: [{}], key: '********' } },
    });
    expect(await patch({ headers: { 'x-tenant': 'new' } })).toMatchObject({
      status: 200,
      body: { headers: { authorization: '********', 'x-tenant': '********' } },
    });
    const other = await lost();
    expect(await other.patch({ headers: null, tls: null })).toMatchObject({
      status: 200,
      body: { headers: {}, tls: null },
    });
  });

  test('signs again with the secret that is rotated in, at once', async () => {
    const { id, ask } = await lost({ headers: {}, tls: null });
    const definitions = await followTopic(world, 'webhook.definitions');
    expect((await ask(`POST /v1/webhooks/${id}/secret/rotate`)).status).toBe(200);
    const all = await definitions.until((values) => values.some((one) => one['id'] === id && one['version'] === 2));
    await definitions.stop();
    const secrets = all.findLast((one) => one['id'] === id)?.['secrets'] as { sealed: string }[];
    expect(secrets.map(({ sealed }) => sealed.split('.')[1])).toEqual(['test']);
  });
});

test('the audit log names what a change changed, and nothing else', async () => {
  const owner = await newClient(world);
  const more = {
    headers: { 'x-tenant': 'acme', authorization: 'Bearer x' },
    filter: { type: 'a', 'data.b': { $gte: 1 } },
  };
  const { id } = (await create(more, owner.key)).body;
  await world.ask(`PATCH /v1/webhooks/${String(id)}`, { key: owner.key, body: { description: 'new' } });
  const { body } = await world.ask(`GET /v1/audit?objectId=${String(id)}&action=webhook.updated`, { key: owner.key });
  const [{ before, after } = { before: {}, after: {} }] = body['data'] as { before: object; after: object }[];
  expect(before).toEqual({ description: null, version: 1, updatedAt: expect.any(String) });
  expect(after).toEqual({ description: 'new', version: 2, updatedAt: expect.any(String) });
});

test('a client has so many webhooks and no more, however many it asks for at once', async () => {
  const owner = await newClient(world);
  const answers = await Promise.all(Array.from({ length: perClient + 4 }, () => create({}, owner.key)));
  const made = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(made).toHaveLength(perClient);
  for (const answer of refused) expect(answer).toMatchObject({ status: 409, body: { code: 'too_many_webhooks' } });
  await world.ask(`DELETE /v1/webhooks/${String(made[0]?.body['id'])}`, { key: owner.key });
  expect((await create({}, owner.key)).status).toBe(201);
  expect((await create({})).status).toBe(201);
});

test('nothing that is secret is in the database or on Kafka in clear', async () => {
  const owner = await newClient(world);
  const headers = { authorization: 'Bearer planted-header', 'x-functions-code': 'planted-code' };
  const webhook = await newWebhook(world, owner.key, { headers, tls: { ca, cert, key } });
  const rotated = await world.ask(`POST /v1/webhooks/${webhook.id}/secret/rotate`, {
    key: owner.key,
    body: {},
    headers: { 'idempotency-key': 'rotated-once' },
  });
  const session = await world.ask(`POST /v1/clients/${owner.id}/portal-sessions`, { body: {} });
  const secrets = [
    webhook.secret,
    String(rotated.body['secret']),
    'planted-header',
    'planted-code',
    key.split('\n')[1] ?? '',
    owner.key,
    String(session.body['token']).split('.')[1] ?? '',
  ];
  const database = new pg.Client({ connectionString: world.env.DATABASE_URL });
  await database.connect();
  try {
    const { rows: tables } = await database.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    let rowsSeen = 0;
    for (const { name } of tables) {
      const { rows } = await database.query<{ text: string }>(`select t::text as text from "${name}" t`);
      rowsSeen += rows.length;
      const found = secrets.filter((secret) => rows.some(({ text }) => text.includes(secret)));
      expect({ table: name, found }).toEqual({ table: name, found: [] });
    }
    expect(rowsSeen).toBeGreaterThan(10);
  } finally {
    await database.end();
  }
  for (const topic of ['webhook.definitions', 'webhook.notices']) {
    const { records, until: read, stop } = await followTopic(world, topic);
    // Both changes of the webhook are there.
    await read((values) => values.filter((value) => JSON.stringify(value).includes(webhook.id)).length >= 2);
    const found = secrets.filter((secret) => records.some(({ value }) => value?.includes(secret) === true));
    await stop();
    expect({ topic, found }).toEqual({ topic, found: [] });
  }
});

async function withDatabase<T>(work: (database: pg.Client) => Promise<T>): Promise<T> {
  const database = new pg.Client({ connectionString: world.env.DATABASE_URL });
  await database.connect();
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}
