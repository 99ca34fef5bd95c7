/** The catalogue: what a schema promises is kept, unless somebody insists. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newClient, newWebhook, saidBy, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 120_000);

afterAll(async () => {
  await world.close();
});

const schema = {
  type: 'object',
  required: ['orderId'],
  properties: { orderId: { type: 'string' }, amount: { type: 'number' } },
};
const put = (type: string, body: object, query = '') => world.ask(`PUT /v1/event-types/${type}${query}`, { body });
const read = async (type: string) => (await world.ask(`GET /v1/event-types/${type}`)).body;

describe('a schema that breaks what it promised', () => {
  test('is refused with every place, and changes nothing', async () => {
    await put('order.kept', { jsonSchema: schema });
    const broken = { type: 'object', required: [], properties: { orderId: { type: 'integer' } } };
    const answer = await put('order.kept', { jsonSchema: broken, description: 'new' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'incompatible_schema' } });
    const errors = (answer.body['errors'] as { path: string; rule: string }[]).map((e) => `${e.path} ${e.rule}`);
    expect(errors).toEqual([
      '/jsonSchema/properties/orderId/type type',
      '/jsonSchema/properties/amount removed',
      '/jsonSchema/required required',
    ]);
    expect(await read('order.kept')).toMatchObject({ version: 1, description: null, jsonSchema: schema });
  });

  test('is taken when it is forced', async () => {
    await put('order.forced', { jsonSchema: schema });
    expect((await put('order.forced', {}, '?force=false')).status).toBe(409);
    expect(await put('order.forced', {}, '?force=true')).toMatchObject({ status: 200, body: { jsonSchema: null } });
  });

  test('a schema that adds something optional is taken as it is', async () => {
    await put('order.grown', { jsonSchema: schema });
    const grown = { ...schema, properties: { ...schema.properties, note: { type: 'string' } } };
    expect(await put('order.grown', { jsonSchema: grown })).toMatchObject({ status: 200, body: { version: 2 } });
  });
});

describe('a change', () => {
  const change = (type: string, body: object, query = '') =>
    world.ask(`PATCH /v1/event-types/${type}${query}`, { body });

  test('leaves the other fields, and what changes nothing is no change', async () => {
    const before = { description: 'old', jsonSchema: schema, schemaMode: 'warn', example: { orderId: 'o-1' } };
    await put('order.changed', before);
    const answer = await change('order.changed', { deprecated: true, description: null });
    expect(answer).toMatchObject({ status: 200, body: { ...before, description: null, deprecated: true, version: 2 } });
    expect((await change('order.changed', { deprecated: true })).body).toMatchObject({ version: 2 });
    const removed = await change('order.changed', { example: null, schemaMode: 'off' });
    expect(removed.body).toMatchObject({ example: null, jsonSchema: schema, version: 3 });
    const [entry] = (await world.ask('GET /v1/audit?objectKind=event_type&objectId=order.changed')).body[
      'data'
    ] as object[];
    expect(entry).toMatchObject({
      action: 'event_type.updated',
      before: { schemaMode: 'warn' },
      after: { schemaMode: 'off', example: null },
    });
  });

  test('is judged with what it leaves', async () => {
    await put('order.judged', { jsonSchema: schema, schemaMode: 'warn' });
    const misfit = await change('order.judged', { example: { orderId: 1 } });
    expect(misfit).toMatchObject({ status: 422, body: { errors: [{ path: '/example/orderId', rule: 'jsonSchema' }] } });
    expect(await change('order.judged', { jsonSchema: null })).toMatchObject({
      status: 409,
      body: { code: 'incompatible_schema' },
    });
    expect((await change('order.judged', { jsonSchema: { type: 'no type' } })).status).toBe(422);
    expect(await change('order.judged', { jsonSchema: null }, '?force=true')).toMatchObject({
      status: 200,
      body: { jsonSchema: null, schemaMode: 'warn', version: 2 },
    });
  });

  test('makes nothing', async () => {
    expect((await change('order.absent', { deprecated: true })).status).toBe(404);
    expect((await world.ask('GET /v1/event-types/order.absent')).status).toBe(404);
  });
});

describe('an example', () => {
  test.each([
    ['warn', 422],
    ['enforce', 422],
    ['off', 200],
  ])('that does not fit the schema: mode %s answers %d', async (schemaMode, status) => {
    const answer = await put(`order.example-${schemaMode}`, {
      jsonSchema: schema,
      schemaMode,
      example: { orderId: 1 },
    });
    expect(answer.status).toBe(status);
    if (status === 422) expect(answer.body['errors']).toMatchObject([{ path: '/example/orderId', rule: 'jsonSchema' }]);
  });
});

test('a name that is none is said to be, where an entry would be made; elsewhere it is nobody’s', async () => {
  const refused = await put('two%20words', {});
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/type', rule: 'pattern' }] } });
  expect((await world.ask('GET /v1/event-types/two%20words')).status).toBe(404);
});

test('#42 #56 types as producers name them have an entry, with their slashes encoded or not', async () => {
  for (const type of ['com.acme.Order$Created', 'größe.geändert']) {
    expect(await put(encodeURIComponent(type), {})).toMatchObject({ status: 200, body: { type } });
  }
  const slashed = { type: 'com.acme/order/placed' };
  expect(await put('com.acme%2Forder%2Fplaced', {})).toMatchObject({ status: 200, body: { ...slashed, version: 1 } });
  // As it comes behind a proxy that decodes paths.
  const headers = { authorization: `Bearer ${world.adminKey}` };
  const url = '/v1/event-types/com.acme/order/placed';
  const payload = { description: 'again' };
  const again = await world.app.inject({ method: 'PUT', url: `${url}?force=true`, headers, payload });
  expect([again.statusCode, again.json()]).toMatchObject([200, { ...slashed, version: 2 }]);
  expect((await world.app.inject({ url, headers })).json()).toMatchObject(slashed);
  expect((await world.app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
});

test('deprecated types are listed apart', async () => {
  await put('zz.old', { deprecated: true });
  await put('zz.new', {});
  const types = async (query: string) =>
    ((await world.ask(`GET /v1/event-types?limit=250${query}`)).body['data'] as { type: string }[])
      .map(({ type }) => type)
      .filter((type) => type.startsWith('zz.'));
  expect(await types('')).toEqual(['zz.new', 'zz.old']);
  expect(await types('&deprecated=true')).toEqual(['zz.old']);
  expect(await types('&deprecated=false')).toEqual(['zz.new']);
});

describe('a type that some clients see', () => {
  test('is none for the others, wherever they look', async () => {
    const [ann, ben] = [await newClient(world, 'Ann'), await newClient(world, 'Ben')];
    const body = { audience: 'broadcast', example: { only: 'ann' }, visibleTo: [ann.id] };
    expect((await put('early.bird', body)).body).toMatchObject({ version: 1, visibleTo: [ann.id] });
    const seenBy = async (key: string) => {
      const list = await world.ask('GET /v1/event-types?limit=250', { key });
      const listed = (list.body['data'] as { type: string }[]).some(({ type }) => type === 'early.bird');
      const one = await world.ask('GET /v1/event-types/early.bird', { key });
      const webhook = await newWebhook(world, key, { eventTypes: ['early.brid'] });
      return { listed, status: one.status, hint: webhook['warnings'] !== undefined, names: one.text.includes(ann.id) };
    };
    const seen = { listed: true, status: 200, hint: true, names: false };
    expect(await seenBy(ann.key)).toMatchObject(seen);
    expect(await seenBy(ben.key)).toMatchObject({ ...seen, listed: false, status: 404, hint: false });
    const nobody = await world.ask('GET /v1/event-types/early.brid', { key: ben.key });
    const hidden = await world.ask('GET /v1/event-types/early.bird', { key: ben.key });
    expect(saidBy(hidden)).toBe(saidBy(nobody));
  });

  test('stays so until somebody who knows of it says otherwise', async () => {
    await put('early.kept', { visibleTo: ['ann'] });
    expect((await put('early.kept', { description: 'by an older script' })).body).toMatchObject({ visibleTo: ['ann'] });
    expect((await put('early.kept', { visibleTo: null })).body).toMatchObject({ visibleTo: null, version: 3 });
    expect((await put('early.kept', { visibleTo: ['ann', 'ann'] })).status).toBe(422);
  });

  test('has its broadcasts in the history of those who see it alone; what names a client is its own', async () => {
    const [ann, ben] = [await newClient(world, 'Ann'), await newClient(world, 'Ben')];
    await put('early.news', { audience: 'broadcast', visibleTo: [ann.id] });
    const seed = { clientId: ben.id, webhookId: 'wh_x', eventType: 'early.news' };
    const { eventId: told } = await seedHistory(world.env.DATABASE_URL, { ...seed, audience: null });
    const { eventId: own } = await seedHistory(world.env.DATABASE_URL, seed);
    const ids = async (key: string) => {
      const { body } = await world.ask('GET /v1/events?limit=250', { key });
      const listed = (body['data'] as { id: string }[]).map(({ id }) => id);
      const statuses = [told, own].map(async (id) => (await world.ask(`GET /v1/events/${id}`, { key })).status);
      const found = await world.ask(`GET /v1/search?q=${told}`, { key });
      return { listed, statuses: await Promise.all(statuses), isFound: found.text.includes('early.news') };
    };
    expect(await ids(ann.key)).toEqual({ listed: [told], statuses: [200, 404], isFound: true });
    expect(await ids(ben.key)).toEqual({ listed: [own], statuses: [404, 200], isFound: false });
    const erased = async (key: string) => (await world.ask(`DELETE /v1/events/${told}`, { key })).status;
    // That a broadcast is everybody's would tell that there is one.
    expect([await erased(ann.key), await erased(ben.key)]).toEqual([403, 404]);
  });
});

describe('an import', () => {
  const importing = (body: object) => world.ask('POST /v1/event-type-imports', { body });
  const webhook = (schema: object, summary: string) => ({
    post: { summary, requestBody: { content: { 'application/json': { schema } } } },
  });
  const object = (...names: string[]) => ({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  });

  test('says first what it would do, then does it, and the second time nothing', async () => {
    await put('import.known', { jsonSchema: object('a'), audience: 'broadcast', sensitivePaths: ['a'] });
    const document = JSON.stringify({
      openapi: '3.1.0',
      webhooks: {
        'import.known': webhook(object('a', 'b'), 'known'),
        'import.new': webhook(object('n'), 'new'),
        'import.far': webhook({ $ref: 'https://example.com/x' }, 'far'),
        'two words': webhook({}, 'none'),
      },
    });
    const changes = ({ body }: { body: Record<string, unknown> }) =>
      (body['data'] as { type: string; change: string; fields: string[] }[]).map(({ type, change, fields }) => [
        type,
        change,
        fields.join(),
      ]);
    const expected = [
      ['import.known', 'updated', 'description,jsonSchema'],
      ['import.new', 'created', ''],
    ];
    const dry = await importing({ document, dryRun: true, schemaMode: 'warn' });
    expect(changes(dry)).toEqual(expected);
    expect(dry.body['unreadable']).toMatchObject([{ place: '/webhooks/import.far' }, { place: '/webhooks/two words' }]);
    expect((await world.ask('GET /v1/event-types/import.new')).status).toBe(404);
    expect(changes(await importing({ document, schemaMode: 'warn' }))).toEqual(expected);
    expect(await read('import.known')).toMatchObject({
      version: 2,
      audience: 'broadcast',
      sensitivePaths: ['a'],
      description: 'known',
    });
    expect(await read('import.new')).toMatchObject({ version: 1, schemaMode: 'warn' });
    const again = await importing({ document });
    expect(again.body['counts']).toEqual({ created: 0, updated: 0, unchanged: 2, refused: 0, unreadable: 2 });
    const broken = { openapi: '3.1.0', webhooks: { 'import.known': webhook(object('a'), 'known') } };
    expect((await importing({ document: broken })).body['data']).toMatchObject([
      { change: 'refused', problems: [{ rule: 'removed' }] },
    ]);
  });

  test('of nothing that can be read is refused', async () => {
    for (const body of [{}, { document: 'x', subject: 'y' }, { document: 'just text' }, { subject: 'nobody-value' }]) {
      expect(await importing(body)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    }
  });

  test('of a subject of the registry is the schema of its values', async () => {
    const subject = `${world.env.TOPIC_PREFIX}webhook.event-types-value`;
    const imported = await importing({ subject, type: 'import.subject' });
    expect(imported.body).toMatchObject({ format: 'avro', data: [{ type: 'import.subject', change: 'created' }] });
    const again = await importing({ subject, type: 'import.subject' });
    expect(again.body).toMatchObject({ counts: { unchanged: 1 } });
  });
});

test('a field that goes is told with the webhooks whose filters name it, in an import before it is made', async () => {
  const ann = await newClient(world, 'Ann');
  const schemaOf = (...names: string[]) => ({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, {}])),
  });
  await put('fields.go', { jsonSchema: schemaOf('kept', 'gone') });
  const { id } = await newWebhook(world, ann.key, { eventTypes: ['fields.*'], filter: { 'data.gone.x': 1 } });
  await newWebhook(world, ann.key, { eventTypes: ['fields.go'], filter: { 'data.kept': 1 } });
  await newWebhook(world, ann.key, { eventTypes: ['other.*'], filter: { 'data.gone': 1 } });
  const warning = {
    code: 'filter_names_removed_field',
    field: 'data.gone',
    count: 1,
    isExact: true,
    webhooks: [{ id, clientId: ann.id }],
  };
  const document = { asyncapi: '3.0.0', channels: { c: { messages: { 'fields.go': { payload: schemaOf('kept') } } } } };
  const dry = await world.ask('POST /v1/event-type-imports', { body: { document, dryRun: true, force: true } });
  expect(dry.body['data']).toMatchObject([{ change: 'updated', warnings: [warning] }]);
  const forced = await put('fields.go', { jsonSchema: schemaOf('kept') }, '?force=true');
  expect(forced.body['warnings']).toMatchObject([warning]);
  expect((await put('fields.go', { jsonSchema: schemaOf('kept', 'more') })).body).not.toHaveProperty('warnings');
});

test('the catalogue is published as whoever asks may see it, and not to strangers', async () => {
  const ann = await newClient(world, 'Ann');
  await put('published.all', { jsonSchema: { type: 'object' }, example: {} });
  await put('published.few', { visibleTo: [] });
  const texts = async (key: string) => {
    const [open, async] = [
      await world.ask('GET /v1/openapi.json', { key }),
      await world.ask('GET /v1/asyncapi.json', { key }),
    ];
    return [open, async].map(({ text }) => ['published.all', 'published.few'].filter((type) => text.includes(type)));
  };
  expect(await texts(world.adminKey)).toEqual([
    ['published.all', 'published.few'],
    ['published.all', 'published.few'],
  ]);
  const seenByAll = [['published.all'], ['published.all']];
  expect([await texts(ann.key), await texts(ann.key)]).toEqual([seenByAll, seenByAll]);
  // What was made for one is given to whoever sees the same, and to nobody else.
  await put('published.few', { visibleTo: [ann.id] });
  const few = ['published.all', 'published.few'];
  expect(await texts(ann.key)).toEqual([few, few]);
  expect(await texts((await newClient(world, 'Bob')).key)).toEqual(seenByAll);
  await put('published.few', { visibleTo: [] });
  expect(await texts(ann.key)).toEqual(seenByAll);
  for (const path of ['/openapi.json', '/asyncapi.json']) {
    const { status, text } = await world.ask(`GET ${path}`, { key: '' });
    expect([status, text.includes('published.')]).toEqual([200, false]);
  }
});
