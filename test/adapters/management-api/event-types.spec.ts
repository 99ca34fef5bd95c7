/** The catalogue: what a schema promises is kept, unless somebody insists. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from './api-world.ts';

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
