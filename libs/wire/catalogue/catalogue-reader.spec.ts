/** What a document says of event types; what is wrong with one part takes no other with it. */
import { describe, expect, test } from '@jest/globals';
import { dataSchema } from '../data-schema.ts';
import { readDocument, readRegistrySchema } from './catalogue-reader.ts';

const text = { type: 'string' };
const openApi = (webhooks: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  webhooks,
  ...more,
});
const post = (schema: unknown, more: object = {}) => ({
  post: { requestBody: { content: { 'application/json': { schema } } }, ...more },
});
const asyncApi = (channels: object, more: object = {}) => ({
  asyncapi: '3.0.0',
  info: { title: 't', version: '1' },
  channels,
  ...more,
});
const oneOf = (document: unknown) => {
  const { types, unreadable } = readDocument(document);
  expect(unreadable).toEqual([]);
  expect(types).toHaveLength(1);
  return types[0];
};

describe('OpenAPI 3.1', () => {
  test('has an event type for each webhook', () => {
    const schema = { type: 'object', properties: { id: text }, xml: { name: 'x' }, example: { id: 'o-1' } };
    const webhook = post(schema, { summary: 'An order', deprecated: true });
    expect(oneOf(openApi({ 'order.paid': webhook }))).toEqual({
      type: 'order.paid',
      place: '/webhooks/order.paid',
      description: 'An order',
      deprecated: true,
      jsonSchema: { type: 'object', properties: { id: text } },
      example: { id: 'o-1' },
    });
  });

  test('is read through references, each named once however often it is used', () => {
    const components = {
      pathItems: { paid: post({ $ref: '#/components/schemas/Order' }) },
      schemas: {
        Order: {
          type: 'object',
          properties: {
            a: { $ref: '#/components/schemas/Money' },
            b: { $ref: '#/components/schemas/Money' },
            up: { $ref: '#/components/schemas/Order' },
          },
        },
        Money: { type: 'object', properties: { of: { $ref: '#/components/schemas/Money' }, n: { type: 'number' } } },
      },
    };
    const found = oneOf(openApi({ 'order.paid': { $ref: '#/components/pathItems/paid' } }, { components }));
    const money = { $ref: '#/$defs/Money' };
    expect(found?.jsonSchema).toEqual({
      type: 'object',
      properties: { a: money, b: money, up: { $ref: '#' } },
      $defs: { Money: { type: 'object', properties: { of: money, n: { type: 'number' } } } },
    });
    const check = dataSchema(JSON.stringify(found?.jsonSchema));
    expect(check({ up: { a: { n: 1, of: { n: 2 } } } })).toBeNull();
    expect(check({ up: { a: { n: 'x' } } })).not.toBeNull();
  });

  test('says of each part that cannot be read where it is and why, and takes the others', () => {
    const { types, unreadable } = readDocument(
      openApi({
        good: post({}),
        far: post({ $ref: 'https://example.com/schema.json' }),
        file: post({ properties: { a: { $ref: './other.yaml#/a' } } }),
        gone: post({ $ref: '#/components/schemas/None' }),
        round: { $ref: '#/webhooks/round' },
        none: 7,
        xml: { post: { requestBody: { content: { 'application/xml': {} } } } },
        odd: post({ properties: { a: 'text' } }),
        dynamic: post({ $dynamicRef: '#node' }),
        'a/b': {},
      }),
    );
    expect(types.map(({ type }) => type)).toEqual(['good']);
    expect(Object.fromEntries(unreadable.map(({ place, reason }) => [place, reason]))).toEqual({
      '/webhooks/far':
        'it refers to https://example.com/schema.json, which is outside of the document: nothing is fetched',
      '/webhooks/file': 'it refers to ./other.yaml#/a, which is outside of the document: nothing is fetched',
      '/webhooks/gone': 'it refers to #/components/schemas/None, which is not there',
      '/webhooks/round': 'it refers to itself, or through more than 20 others',
      '/webhooks/none': 'it is no object',
      '/webhooks/xml': 'its body is not JSON',
      '/webhooks/odd': 'something in it is no schema',
      '/webhooks/dynamic': '$dynamicRef is not followed',
      '/webhooks/a~1b': 'it has no operation',
    });
  });

  test('of an earlier version has no webhooks', () => {
    expect(() => readDocument({ openapi: '3.0.3', webhooks: {} })).toThrow(
      'it is OpenAPI 3.0.3, which has no webhooks',
    );
  });
});

describe('AsyncAPI 3', () => {
  test('has an event type for each message, those of channels first and each once', () => {
    const { types, unreadable } = readDocument(
      asyncApi(
        { orders: { messages: { a: { $ref: '#/components/messages/Paid' }, b: { payload: text, summary: 'B' } } } },
        {
          components: {
            messages: {
              Paid: {
                name: 'order.paid',
                traits: [{ description: 'weak' }, { description: 'strong' }],
                payload: { $ref: '#/components/schemas/O' },
                examples: [{ payload: { id: 1 } }],
              },
              Other: { payload: true },
            },
            schemas: { O: { type: 'object', items: [text] } },
          },
        },
      ),
    );
    expect(unreadable).toEqual([]);
    const draft7 = 'http://json-schema.org/draft-07/schema#';
    expect(types).toEqual([
      {
        type: 'order.paid',
        place: '/channels/orders/messages/a',
        description: 'strong',
        jsonSchema: { $schema: draft7, type: 'object', items: [text] },
        example: { id: 1 },
      },
      {
        type: 'b',
        place: '/channels/orders/messages/b',
        description: 'B',
        jsonSchema: { $schema: draft7, type: 'string' },
      },
      { type: 'Other', place: '/components/messages/Other', jsonSchema: true },
    ]);
  });

  test('may have its schemas in Avro and Protobuf; of other formats it says so', () => {
    const payload = (schemaFormat: string, schema: unknown) => ({ payload: { schemaFormat, schema } });
    const { types, unreadable } = readDocument(
      asyncApi({
        c: {
          messages: {
            avro: payload('application/vnd.apache.avro;version=1.9.0', {
              type: 'record',
              name: 'R',
              fields: [{ name: 'n', type: 'long' }],
            }),
            proto: payload(
              'application/vnd.google.protobuf;version=3',
              'syntax = "proto3"; message M { string s = 1; }',
            ),
            raml: payload('application/raml+yaml;version=1.0', {}),
          },
        },
      }),
    );
    expect(types.map(({ type, jsonSchema }) => [type, jsonSchema])).toEqual([
      [
        'avro',
        {
          $ref: '#/$defs/R',
          $defs: { R: { title: 'R', type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
        },
      ],
      ['proto', { title: 'M', type: 'object', properties: { s: text }, required: ['s'] }],
    ]);
    expect(unreadable).toMatchObject([{ place: '/channels/c/messages/raml', reason: expect.stringContaining('raml') }]);
  });
});

describe('a subject', () => {
  const of = (
    type: 'AVRO' | 'PROTOBUF' | 'JSON',
    schema: unknown,
    references: { name: string; text: string }[] = [],
    message: string | null = null,
  ) =>
    readRegistrySchema(
      { type, text: typeof schema === 'string' ? schema : JSON.stringify(schema), references },
      { subject: 's-value', type: 'order.paid', message },
    );

  test('in Avro becomes what its values become', () => {
    const schema = {
      type: 'record',
      name: 'Order',
      namespace: 'shop',
      doc: 'An order',
      fields: [
        { name: 'id', type: 'string', doc: 'Its id' },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
        { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'PAID'] } },
        { name: 'note', type: ['null', 'string'] },
        { name: 'lines', type: { type: 'array', items: { type: 'map', values: 'int' } } },
        { name: 'parent', type: ['null', 'Order'] },
      ],
    };
    const { types, unreadable } = of('AVRO', schema);
    expect(unreadable).toEqual([]);
    const check = dataSchema(JSON.stringify(types[0]?.jsonSchema));
    const order = { id: 'a', price: 1.25, state: 'NEW', note: null, lines: [{ a: 1 }], parent: null };
    expect(check({ ...order, parent: order })).toBeNull();
    expect(check({ ...order, parent: { ...order, state: 'OLD' } })).not.toBeNull();
    expect(of('AVRO', 'string').types[0]?.jsonSchema).toEqual({ type: 'string' });
    expect(of('AVRO', '["null", "shop.None"]').unreadable).toEqual([
      { place: 's-value', reason: 'it names the type shop.None, which is not there' },
    ]);
  });

  test('in Protobuf is a message with what it is made of', () => {
    const proto = `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto";
      message Order { string id = 1; int64 n = 2; repeated Line lines = 3; map<string, State> states = 4; google.protobuf.Timestamp at = 5; Order parent = 6; optional bytes raw = 7; }
      message Line { bool is_gift = 1; } enum State { NEW = 0; PAID = 1; }`;
    const schema = of('PROTOBUF', proto).types[0]?.jsonSchema;
    const check = dataSchema(JSON.stringify(schema));
    const order = { id: '', n: 1, lines: [{ is_gift: true }], states: { a: 'NEW', b: 7 } };
    expect(check({ ...order, at: '2026-01-01T00:00:00Z', parent: order })).toBeNull();
    expect(check({ ...order, parent: { ...order, n: 'x' } })).not.toBeNull();
    expect(of('PROTOBUF', proto, [], 'Line').types[0]?.jsonSchema).toMatchObject({ required: ['is_gift'] });
    expect(of('PROTOBUF', proto, [], 'None').unreadable[0]?.reason).toBe('it has no message None');
    expect(of('PROTOBUF', 'message {', []).unreadable[0]?.reason).toMatch(/^its Protobuf cannot be used: /);
  });

  test('in JSON Schema is whole with its references', () => {
    const main = {
      type: 'object',
      description: 'An order',
      properties: { m: { $ref: 'money.json' }, s: { $ref: '#/$defs/s' } },
      $defs: { s: text },
    };
    const found = of('JSON', main, [
      {
        name: 'money.json',
        text: '{"type":"object","properties":{"n":{"$ref":"#/definitions/n"}},"definitions":{"n":{"type":"number"}}}',
      },
    ]);
    expect(found.types).toEqual([
      {
        type: 'order.paid',
        place: 's-value',
        description: 'An order',
        jsonSchema: {
          ...{
            type: 'object',
            description: 'An order',
            properties: { m: { $ref: '#/$defs/money.json' }, s: { $ref: '#/$defs/s' } },
          },
          $defs: {
            'money.json': { type: 'object', properties: { n: { $ref: '#/$defs/n' } } },
            n: { type: 'number' },
            s: text,
          },
        },
      },
    ]);
  });
});
