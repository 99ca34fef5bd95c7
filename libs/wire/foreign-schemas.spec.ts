import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import type { RegistryFrame, SchemaRef } from '../domain/event/registry-frame.ts';
import { ForeignSchemas, type LongIds } from './foreign-schemas.ts';
import { RegistryValues } from './registry-values.ts';

const api = '/apis/ccompat/v7';
const base = 'syntax = "proto3"; package shop; message Base { int64 id = 1; }';
const order =
  'syntax = "proto3"; package shop; import "shop/base.proto"; message Other {} message Order { Base base = 1; }';
const reference = (name: string, subject: string) => ({ name, subject, version: 1 });
/** What it answers, by path; what is not here it does not have. */
const answers: Record<string, object> = {
  [`${api}/schemas/ids/3`]: { schema: '"int"' },
  [`${api}/schemas/ids/4`]: {
    schema: order,
    schemaType: 'PROTOBUF',
    references: [reference('shop/base.proto', 'shop/base'), reference('google/protobuf/timestamp.proto', 'ts')],
  },
  [`${api}/schemas/ids/5`]: { schema: '{}', schemaType: 'JSON' },
  [`${api}/schemas/ids/6`]: { schema: 'x', schemaType: 'XSD' },
  [`${api}/schemas/ids/8`]: { schema: order, schemaType: 'PROTOBUF', references: [reference('r', 'loop')] },
  [`${api}/schemas/ids/9`]: { schema: order, schemaType: 'PROTOBUF', references: [reference('r', 'gone')] },
  [`${api}/subjects/shop%2Fbase/versions/1`]: { schema: base, references: [reference('ts', 'ts')] },
  [`${api}/subjects/ts/versions/1`]: { schema: 'syntax = "proto3"; package google.protobuf; message Timestamp {}' },
  [`${api}/subjects/loop/versions/1`]: { schema: base, references: [reference('r', 'loop')] },
  [`${api}/schemas/guids/11111111-1111-1111-1111-111111111111`]: { schema: '"int"' },
  '/apis/registry/v3/search/versions?globalId=12&limit=1': { versions: [{ globalId: 12, contentId: 4 }] },
  '/apis/registry/v3/search/versions?globalId=3&limit=1': { versions: [{ globalId: 3, contentId: 3 }] },
  '/apis/registry/v3/search/versions?globalId=13&limit=1': { versions: [] },
};

/** 404s that are not the registry's word on a schema. */
const otherAnswers: Record<string, string> = {
  [`${api}/schemas/ids/40`]: '{"error_code":404}',
  [`${api}/schemas/ids/41`]: '{"error_code":40401}',
  [`${api}/schemas/ids/42`]: '<html>',
  [`${api}/schemas/guids/22222222-2222-2222-2222-222222222222`]: '<html>',
  [`${api}/schemas/guids/44444444-4444-4444-4444-444444444444`]: '{"error_code":404}',
};

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.statusCode = answer === undefined ? 404 : 200;
    const page = otherAnswers[request.url ?? ''] ?? JSON.stringify({ error_code: 40_403, message: 'none' });
    response.end(answer === undefined ? page : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${api}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function schemas(longIds: LongIds = 'agree', at = url): ForeignSchemas {
  return new ForeignSchemas({ url: at, username: null, password: null }, longIds);
}

const find = (kind: SchemaRef['kind'], id: string, longIds?: LongIds) => schemas(longIds).find({ kind, id });

test('a schema comes with all that it refers to, what others need first', async () => {
  expect(await find('id', '3')).toEqual({ type: 'AVRO', text: '"int"', references: [] });
  const found = await find('id', '4');
  expect(found).toMatchObject({ type: 'PROTOBUF', text: order });
  expect(found?.references.map(({ name }) => name)).toEqual(['ts', 'shop/base.proto']);
  expect(await find('id', '7')).toBeNull();
  expect(await find('id', '8')).toMatchObject({ references: [{ name: 'r', text: base }] });
});

test.each(['40', '41', '42'])('a 404 that is not about a schema is no verdict: %s', async (id) => {
  await expect(find('id', id)).rejects.toMatchObject({ code: 'registry_answer', status: 404, retryable: true });
});

test('global ids of Apicurio lead to the content', async () => {
  expect(await find('globalId', '12')).toMatchObject({ text: order });
  expect(await find('globalId', '13')).toBeNull();
  expect(await find('contentId', '4')).toMatchObject({ text: order });
});

test('an id of eight bytes is read where it names one schema, or as it is said to', async () => {
  expect(await find('long', '3')).toMatchObject({ text: '"int"' });
  await expect(find('long', '12')).rejects.toThrow('set SCHEMA_REGISTRY_LONG_IDS');
  expect(await find('long', '12', 'globalId')).toMatchObject({ text: order });
  expect(await find('long', '12', 'contentId')).toBeNull();
});

test('GUIDs are asked for where there are any', async () => {
  expect(await find('guid', '11111111-1111-1111-1111-111111111111')).toMatchObject({ text: '"int"' });
  expect(await find('guid', '33333333-3333-3333-3333-333333333333')).toBeNull();
  for (const guid of ['22222222-2222-2222-2222-222222222222', '44444444-4444-4444-4444-444444444444'])
    await expect(find('guid', guid)).rejects.toThrow('Confluent has from version 8 on');
});

test.each<[string, SchemaRef['kind'], string, string]>([
  ['another type', 'id', '6', 'of the type XSD'],
  ['a reference that is gone', 'id', '9', 'refers to gone, which is not there'],
])('%s is a verdict', async (_name, kind, id, why) => {
  await expect(find(kind, id)).rejects.toMatchObject({
    code: 'unreadable_schema',
    message: expect.stringContaining(why),
  });
});

test('a registry that is no Apicurio is not asked for ids that only that one has', async () => {
  const other = schemas('globalId', url.replace(api, ''));
  for (const kind of ['globalId', 'contentId', 'long'] as const) {
    await expect(other.find({ kind, id: '3' })).rejects.toMatchObject({ code: 'unreadable_schema' });
  }
});

test('a registry that is away has said nothing', async () => {
  const away = schemas('agree', 'http://127.0.0.1:1/apis/ccompat/v7');
  await expect(away.find({ kind: 'id', id: '3' })).rejects.toMatchObject({ code: 'registry_answer' });
  await expect(away.find({ kind: 'globalId', id: '3' })).rejects.toMatchObject({ code: 'registry_answer' });
});

describe('a value of Protobuf', () => {
  const { root } = protobuf.parse('syntax = "proto3"; message Base { int64 id = 1; } message Order { Base base = 1; }');
  const type = root.lookupType('Order');
  const body = Buffer.from(type.encode(type.fromObject({ base: { id: 5 } })).finish());
  const frame = (more: Partial<RegistryFrame> = {}): RegistryFrame => ({
    ...{ ref: { kind: 'id', id: '4' }, headBytes: 0, indexes: null, messageName: null, ...more },
  });

  async function read(of: RegistryFrame, value: Buffer): Promise<string | null> {
    const values = new RegistryValues({ foreignSchema: (ref) => schemas().find(ref) });
    await values.learn(of);
    return values.toJson(of, value);
  }

  test.each<[string, RegistryFrame, readonly number[]]>([
    ['by its indexes', frame(), [2, 2]],
    ['by its indexes behind a frame', frame({ headBytes: 5 }), [0, 0, 0, 0, 4, 2, 2]],
    ['by its name before it, as Apicurio writes it', frame(), [7, 0x0a, 5, ...Buffer.from('Order')]],
    ['by its name in a header', frame({ messageName: 'Order' }), []],
    ['by its indexes in a header', frame({ indexes: Buffer.from([2, 2]) }), []],
  ])('is found %s', async (_name, of, before) => {
    expect(await read(of, Buffer.concat([Buffer.from(before), body]))).toBe('{"base":{"id":5}}');
  });

  test('of no message of the schema is none', async () => {
    await expect(read(frame(), Buffer.concat([Buffer.from([2, 18]), body]))).rejects.toThrow(
      'the schema has no such message',
    );
    await expect(read(frame({ messageName: 'Nobody' }), body)).rejects.toThrow('the schema has no such message');
  });

  test('JSON behind the id of a JSON Schema is itself', async () => {
    const json = frame({ ref: { kind: 'id', id: '5' }, headBytes: 5 });
    expect(await read(json, Buffer.from('\0\0\0\0\x05{"a":1}'))).toBe('{"a":1}');
    await expect(read(json, Buffer.from('\0\0\0\0\x05x'))).rejects.toThrow('it is no JSON');
  });
});
