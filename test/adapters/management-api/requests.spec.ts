/** Requests that are wrong in ways that have nothing to do with any one operation. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { newClient, startWorld, type World } from './api-world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 120_000);

afterAll(async () => {
  await world.close();
});

const post = 'POST /v1/webhooks';

test.each<[string, string, { body?: string | Buffer; headers?: Record<string, string> }, number, string]>([
  ['broken JSON', post, { body: '{"url":' }, 400, 'malformed_json'],
  ['bytes that are no UTF-8', post, { body: Buffer.from([123, 34, 0xff, 34, 125]) }, 400, 'malformed_json'],
  ['JSON that is nested too deep', post, { body: '['.repeat(101) + ']'.repeat(101) }, 400, 'malformed_json'],
  [
    'JSON that is nested very deep',
    post,
    { body: '{"a":'.repeat(60_000) + '1' + '}'.repeat(60_000) },
    400,
    'malformed_json',
  ],
  ['nothing', post, {}, 422, 'validation_failed'],
  ['an empty JSON body', post, { body: '', headers: { 'content-type': 'application/json' } }, 422, 'validation_failed'],
  [
    'a form',
    post,
    { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported_media_type',
  ],
  ['text', post, { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
  [
    'a compressed body',
    post,
    { body: '{}', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
    415,
    'unsupported_media_type',
  ],
  ['no media type', post, { body: '{}', headers: { 'content-type': '' } }, 415, 'unsupported_media_type'],
  ['a body over 1 MiB', post, { body: JSON.stringify({ url: 'x'.repeat(1_100_000) }) }, 413, 'payload_too_large'],
  ['a path of nobody', 'GET /v1/nothing', {}, 404, 'route_not_found'],
  ['a method of another path', 'PUT /v1/webhooks', { body: '{}' }, 405, 'method_not_allowed'],
  ['a body for what is only read', 'POST /openapi.json', { body: '{}' }, 405, 'method_not_allowed'],
  ['a media type that no answer has', 'GET /v1/webhooks', { headers: { accept: 'text/html' } }, 406, 'not_acceptable'],
  ['a media type of a group', 'GET /v1/webhooks', { headers: { accept: 'application/*;q=0.1' } }, 200, ''],
  ['a problem that there is not', 'GET /problems/nothing', {}, 404, 'route_not_found'],
  ['a path outside', 'GET /nothing', {}, 404, 'route_not_found'],
  ['a broken escape', 'GET /v1/webhooks/%zz', {}, 400, 'malformed_request'],
  ['an id that is too long', `GET /v1/webhooks/${'x'.repeat(300)}`, {}, 404, 'not_found'],
  ['an id longer than any', `GET /v1/webhooks/${'x'.repeat(3000)}`, {}, 400, 'malformed_request'],
  ['an id with a NUL', 'GET /v1/webhooks/a%00b', {}, 404, 'not_found'],
  ['a delivery id of another kind', 'GET /v1/deliveries/wh_x', {}, 404, 'not_found'],
  ['a delivery id beyond all times', 'GET /v1/deliveries/ffffffff-ffff-8fff-bfff-ffffffffffff', {}, 404, 'not_found'],
  ['a filter with a NUL', 'GET /v1/deliveries?eventId=a%00b', {}, 422, 'validation_failed'],
  ['a time that is none', 'GET /v1/deliveries?from=yesterday', {}, 422, 'validation_failed'],
  ['a time far away', 'GET /v1/deliveries?from=9999-12-31T23:59:59Z', {}, 200, ''],
  ['a cursor of another list', 'GET /v1/deliveries?cursor=WyJ4Il0', {}, 422, 'validation_failed'],
])('%s', async (_, route, { body, headers }, status, code) => {
  const answer = await world.ask(route, { body, ...(headers === undefined ? {} : { headers }) });
  expect({ status: answer.status, code: answer.body['code'] ?? '' }).toEqual({ status, code });
  if (status >= 400) expect(answer.headers['content-type']).toBe('application/problem+json');
});

describe('every answer', () => {
  test.each([
    ['GET /v1/clients', 200],
    ['GET /v1/webhooks/nobody', 404],
    ['GET /v1/nothing', 404],
  ])('of %s (%i) has the id under which the log has the request', async (route, status) => {
    const lines = jest.spyOn(world.context.logger, 'info');
    const answer = await world.ask(route);
    const line = lines.mock.calls.map(([fields]) => fields).find((fields) => 'requestId' in fields);
    lines.mockRestore();
    expect(answer.status).toBe(status);
    expect(line).toMatchObject({ requestId: answer.headers['x-request-id'], status });
    if (status >= 400) expect(answer.body['requestId']).toBe(answer.headers['x-request-id']);
  });

  test.each(['GET /v1/clients', 'GET /v1/nothing', 'GET /health/live'])(
    'of %s tells browsers to keep and guess nothing',
    async (route) => {
      const { headers } = await world.ask(route);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'origin-agent-cluster': '?1',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-dns-prefetch-control': 'off',
        'x-permitted-cross-domain-policies': 'none',
        'x-xss-protection': '0',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    },
  );
});

describe('an Idempotency-Key', () => {
  const body = { name: 'Once' };
  const once = (key: string, given: object = body, route = 'POST /v1/clients') =>
    world.ask(route, { body: given, headers: { 'idempotency-key': key } });

  test('gives the first answer again', async () => {
    const first = await once('key-1');
    const second = await once('key-1');
    expect(first.status).toBe(201);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers['idempotency-replayed']).toBe('true');
  });

  test('gives secrets again that are nowhere else', async () => {
    const { id } = await newClient(world);
    const given = { clientId: id, url: 'https://example.com', eventTypes: ['*'] };
    const first = await once('key-2', given, post);
    expect((await once('key-2', given, post)).body['secret']).toBe(first.body['secret']);
  });

  test('is refused for another request', async () => {
    await once('key-3');
    expect(await once('key-3', { name: 'Other' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect(await once('key-3', body, 'POST /v1/api-keys')).toMatchObject({ status: 422 });
  });

  test('belongs to who sent it', async () => {
    const admin = await world.ask('POST /v1/api-keys', { body: { name: 'ops', role: 'admin' } });
    const first = await once('key-4');
    const key = String(admin.body['key']);
    const other = await world.ask('POST /v1/clients', { key, body, headers: { 'idempotency-key': 'key-4' } });
    expect(other.body['id']).not.toBe(first.body['id']);
  });

  test('of a request that failed may be used again', async () => {
    expect((await once('key-5', { id: 'taken', name: 'a' })).status).toBe(201);
    expect((await once('key-6', { id: 'taken', name: 'a' })).status).toBe(409);
    expect((await once('key-6', { id: 'free', name: 'a' })).status).toBe(201);
  });

  test('whose answer no key opens any more is told so, and nothing is done twice', async () => {
    await once('key-8');
    const database = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await database.connect();
    const forget = `update idempotency_key set response_body = replace(response_body, 'v1.test.', 'v1.gone.') where key = 'key-8'`;
    expect((await database.query(forget)).rowCount).toBe(1);
    await database.end();
    expect(await once('key-8')).toMatchObject({ status: 409, body: { code: 'idempotency_answer_lost' } });
  });

  test('lets one of many at the same time go on', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => once('key-7')));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 201).map((answer) => answer.body['id'])).size).toBe(1);
  });

  test.each(['', 'a b', 'é', 'x'.repeat(256)])('%j is refused', async (key) => {
    expect((await once(key)).status).toBe(422);
  });
});

describe('what is public', () => {
  test('is the description of the API, with a page that loads from here only', async () => {
    const document = await world.ask('GET /openapi.json', { key: '' });
    expect(document).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
    const page = await world.ask('GET /docs', { key: '' });
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.length).toBeGreaterThan(3);
    for (const file of [...files, '/favicon.ico']) {
      expect([file, (await world.ask(`GET ${file}`, { key: '' })).status]).toEqual([file, 200]);
    }
    expect((await world.ask('GET /docs/..%2Fpackage.json', { key: '' })).status).toBe(404);
  });

  test('is the page of each problem, which its type leads to, and an index of what there is', async () => {
    const { body } = await world.ask('GET /v1/nothing', { key: '' });
    expect(body['type']).toBe('/problems/route_not_found');
    const asked = (accept: string) => world.ask('GET /problems/route_not_found', { key: '', headers: { accept } });
    for (const type of ['text/html', 'text/markdown', 'application/json']) {
      const page = await asked(type);
      expect([page.status, page.headers['content-type']]).toEqual([200, `${type}; charset=utf-8`]);
      expect(page.text).toContain('There is no such route');
    }
    const index = await world.ask('GET /v1', { key: '' });
    expect(index).toMatchObject({ status: 200, body: { collections: { webhooks: '/v1/webhooks' } } });
    const { links, collections } = index.body as Record<'links' | 'collections', Record<string, string>>;
    expect(Object.keys(collections)).toEqual(expect.arrayContaining(['clients', 'deliveries', 'events', 'stats']));
    for (const path of [links['openapi'], links['docs'], links['problems']]) {
      expect([path, (await world.ask(`GET ${path ?? ''}`, { key: '' })).status]).toEqual([path, 200]);
    }
  });

  test('is which methods a path takes', async () => {
    const answer = await world.ask('PUT /v1/webhooks/wh_x', { key: '', body: '{}' });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers['allow']).toBe('DELETE, GET, HEAD, PATCH');
  });

  test('is health, which names what is checked', async () => {
    const { status, body } = await world.ask('GET /health/ready', { key: '' });
    expect(status).toBe(200);
    expect(Object.keys(body['checks'] as object)).toEqual([
      'schema registry',
      'database',
      'kafka producer',
      'outbox relay',
      'outcomes',
    ]);
  });

  test('is metrics', async () => {
    const { text } = await world.ask('GET /metrics', { key: '' });
    expect(text).toMatch(/^webhooks_registered\{active="true",app="management-api"\} \d+$/m);
    expect(text).toMatch(/^webhooks_outbox_waiting\{app="management-api"\} 0$/m);
  });
});

test('an erasure in the audit log is an operator’s, and neither its answers nor its entry name whom it is about', async () => {
  const { id, key } = await newClient(world);
  const body = { subject: 'ann@acme.example', clientId: id, reason: 'request 7' };
  expect(await world.ask('POST /v1/audit/erasures', { key, body })).toMatchObject({ status: 403 });
  const asked = await world.ask('POST /v1/audit/erasures', { body });
  expect(asked).toMatchObject({
    status: 202,
    body: { clientId: id, reason: 'request 7', entries: 0, finishedAt: null },
  });
  const erasureId = String(asked.body['id']);
  const read = await world.ask(`GET /v1/audit/erasures/${erasureId}`);
  expect(read.body).toEqual(asked.body);
  const listed = await world.ask('GET /v1/audit/erasures?limit=1');
  expect(listed.body['data']).toEqual([asked.body]);
  const audit = await world.ask(`GET /v1/audit?objectId=${erasureId}`);
  expect(audit.body['data']).toMatchObject([{ action: 'audit.erasure_requested', after: { reason: 'request 7' } }]);
  for (const { text } of [asked, listed, audit]) expect(text).not.toContain('ann@acme');
  const refused = { 'a client that there is not': { ...body, clientId: 'nobody' }, 'two letters': { subject: 'an' } };
  for (const one of Object.values(refused)) {
    expect([404, 422]).toContain((await world.ask('POST /v1/audit/erasures', { body: one })).status);
  }
});

describe('what is set for a client', () => {
  const change = (id: string, body: object, key?: string) =>
    world.ask(`PATCH /v1/clients/${id}`, { body, ...(key === undefined ? {} : { key }) });

  test('are its rules by the operator, its addresses by itself, and both are in the audit log', async () => {
    const { id, key } = await newClient(world);
    expect((await world.ask(`GET /v1/clients/${id}`)).body).toMatchObject({ noticeEmails: [], autoDisable: {} });
    const autoDisable = { failureThreshold: 50, minMinutes: 0 };
    expect((await change(id, { autoDisable })).body).toMatchObject({ name: 'Acme', autoDisable });
    const noticeEmails = ['ops@acme.example'];
    expect((await change(id, { noticeEmails }, key)).body).toMatchObject({ noticeEmails, autoDisable });
    expect(await change(id, { autoDisable: {} }, key)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await change(id, { name: 'Other' }, key)).toMatchObject({ status: 403 });
    const audit = await world.ask(`GET /v1/audit?objectKind=client&objectId=${id}`);
    expect(audit.body).toMatchObject({
      data: [
        { action: 'client.updated', after: { noticeEmails } },
        { action: 'client.updated', after: { autoDisable } },
        { action: 'client.created' },
      ],
    });
  });

  test('is how long its history is kept, by the operator, within the days of all, as of an event type', async () => {
    const { id, key } = await newClient(world);
    expect((await change(id, { retentionDays: 7 })).body).toMatchObject({ retentionDays: 7 });
    expect(await change(id, { retentionDays: 5 }, key)).toMatchObject({ status: 403 });
    const type = (body: object) => world.ask('PUT /v1/event-types/kept.briefly', { body });
    expect((await type({ retentionDays: 3 })).body).toMatchObject({ retentionDays: 3 });
    for (const refused of [await change(id, { retentionDays: 31 }), await type({ retentionDays: 31 })]) {
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/retentionDays', rule: 'maximum' }] } });
    }
    expect((await change(id, { retentionDays: null })).body).toMatchObject({ retentionDays: null });
  });

  test('has versions, of which one can be meant', async () => {
    const { id, key } = await newClient(world);
    const read = await world.ask(`GET /v1/clients/${id}`, { key });
    expect([read.body['version'], read.headers['etag']]).toEqual([1, '"1"']);
    const meant = (version: number, body: object) =>
      world.ask(`PATCH /v1/clients/${id}`, { body, headers: { 'if-match': `"${version}"` } });
    const changed = await meant(1, { name: 'New' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'New', version: 2 } });
    expect(changed.headers['etag']).toBe('"2"');
    expect(await meant(1, { name: 'Old' })).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect(await meant(2, { name: 'New', labels: {} })).toMatchObject({ status: 200, body: { version: 2 } });
  });

  test('are labels and an id of elsewhere, by the operator', async () => {
    const { id, key } = await newClient(world);
    const rules = { autoDisable: { failureThreshold: 7 }, noticeEmails: ['ops@example.com'] };
    const made = { id: `${id}-made`, name: 'Made', labels: { plan: 'gold' }, externalId: 'crm-1', ...rules };
    expect(await world.ask('POST /v1/clients', { body: made })).toMatchObject({ status: 201, body: made });
    expect((await change(made.id, { labels: { plan: null, zone: 'eu' } })).body).toMatchObject({
      labels: { zone: 'eu' },
      externalId: 'crm-1',
      version: 2,
    });
    expect(await change(id, { labels: { a: 'b' } }, key)).toMatchObject({ status: 403 });
    expect(await change(id, { externalId: 'x' }, key)).toMatchObject({ status: 403 });
    const labelsOf = (from: number) => Object.fromEntries(Array.from({ length: 15 }, (_, no) => [`l${from + no}`, '']));
    expect((await change(id, { labels: labelsOf(0) })).status).toBe(200);
    const tooMany = await change(id, { labels: labelsOf(15), name: 'Other' });
    expect(tooMany.body['errors']).toMatchObject([{ path: '/labels', rule: 'maxProperties' }]);
    expect((await world.ask(`GET /v1/clients/${id}`)).body).toMatchObject({ name: 'Acme', version: 2 });
  });

  test('is nobody else’s', async () => {
    const { id } = await newClient(world);
    const other = await newClient(world, 'Other');
    expect(await change(id, { noticeEmails: [] }, other.key)).toMatchObject({ status: 404 });
    expect(await change('nobody', { noticeEmails: [] })).toMatchObject({ status: 404 });
  });

  test.each<[string, object]>([
    ['a threshold below the least', { autoDisable: { failureThreshold: 2 } }],
    ['a threshold above the most', { autoDisable: { failureThreshold: 1_001 } }],
    ['a time above the most', { autoDisable: { minMinutes: 10_081 } }],
    ['a rule that there is not', { autoDisable: { isPaused: true } }],
    ['an address with a line end', { noticeEmails: ['a@b.example\r\nBcc: c@d.example'] }],
    ['two addresses in one', { noticeEmails: ['a@b.example,c@d.example'] }],
    ['an address with a name', { noticeEmails: ['Ann <a@b.example>'] }],
    ['eleven addresses', { noticeEmails: Array.from({ length: 11 }, (_, index) => `a${index}@b.example`) }],
  ])('is refused: %s', async (_, body) => {
    const { id } = await newClient(world);
    expect(await change(id, body)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  });
});
