/** Documents that are made to hurt: each is refused or read in bounded time, and nothing of it is fetched. */
import { describe, expect, test } from '@jest/globals';
import { fasterThanLinear } from '../../../test/support/linear-time.ts';
import { documentLimits } from './document-text.ts';
import { readDocument } from './catalogue-reader.ts';
import { UnreadableDocument } from './found-type.ts';

const body = (schema: string) => `{"post":{"requestBody":{"content":{"application/json":{"schema":${schema}}}}}}`;
const openApi = (webhooks: string, more = '') => `{"openapi":"3.1.0","webhooks":{${webhooks}}${more}}`;
const yaml = (rest: string) => `openapi: 3.1.0\nwebhooks: {}\n${rest}`;
const times = (count: number, of: (no: number) => string, between = ',') =>
  Array.from({ length: Math.floor(count) }, (_, no) => of(no)).join(between);

function reasonOf(document: unknown): string {
  try {
    const { unreadable } = readDocument(document);
    return unreadable[0]?.reason ?? 'read';
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    return error.message;
  }
}

const laughs = (levels: number) =>
  yaml(
    `a0: &a0 [x, x]\n${times(levels, (no) => `a${no + 1}: &a${no + 1} [*a${no}, *a${no}, *a${no}, *a${no}, *a${no}, *a${no}, *a${no}, *a${no}, *a${no}]`, '\n')}`,
  );
const circle: { a?: unknown } = {};
circle.a = circle;

describe('a document is refused that', () => {
  test.each<[string, unknown, RegExp]>([
    ['laughs a billion times', laughs(9), /aliases|values/],
    ['laughs a few thousand times with many aliases', laughs(5), /aliases|values/],
    ['is an alias of itself', yaml('a: &a [*a]'), /deeper|aliases/],
    ['holds itself', circle, /deeper/],
    [
      'is too long',
      `{"openapi":"3.1.0","x":"${'x'.repeat(documentLimits.jsonChars)}"}`,
      /more than 1048576 characters/,
    ],
    ['is too long in YAML', yaml(`x: ${'x'.repeat(documentLimits.yamlChars)}`), /more than 262144 characters/],
    ['is deep', openApi('', `,"x":${'['.repeat(200)}${']'.repeat(200)}`), /deeper than 100 levels/],
    ['is as deep as a stack', '['.repeat(200_000), /deep|neither|JSON/],
    ['is as deep as a stack in YAML', `x: ${'['.repeat(100_000)}`, /deep|neither/],
    ['has too many values', openApi('', `,"x":[${times(200_001, () => '1')}]`), /more than 200000 values/],
    ['has too many webhooks', openApi(times(501, (no) => `"t${no}":${body('{}')}`)), /more than 500 event types/],
    ['is no document', 'just text', /neither OpenAPI/],
    ['is two documents', `${yaml('')}---\nb: 2`, /neither JSON nor YAML: .*multiple documents/],
    ['is nothing', '', /neither OpenAPI/],
    [
      'has a tag that makes something',
      'openapi: !!js/function "x"\nwebhooks: 1',
      /it is OpenAPI x, which has no webhooks/,
    ],
  ])('%s', (_what, document, reason) => {
    expect(reasonOf(document)).toMatch(reason);
  });

  const shared = (schema: string) =>
    openApi(
      times(500, (no) => `"t${no}":${body('{"$ref":"#/x"}')}`),
      `,"x":${schema}`,
    );
  const manyChannels = (message: string) =>
    `{"asyncapi":"3.0.0","channels":{"a":{"messages":{${times(2_000, (no) => `"m${no}":${message}`)}}},${times(2_000, (no) => `"c${no}":{"$ref":"#/channels/a"}`)}},"components":{"messages":{"X":{}}}}`;
  const wide = `{"properties":{${times(1_400, (no) => `"p${no}":true`)}}}`;
  const proto = `syntax="proto3";message M{${times(900, (no) => `E a${no}=${no + 1};`, '')}}enum E{${times(900, (no) => `A${no}=${no};`, '')}}`;
  const inProto = { payload: { schemaFormat: 'application/vnd.google.protobuf', schema: proto } };

  test.each([
    ['has one schema in all of its types', shared(wide), /takes more than 200000 steps/],
    ['has one long list in all of its types', shared(`{"enum":["${'x'.repeat(900_000)}"]}`), /2097152 characters/],
    ['has one long text in all of its types', shared(`{"title":"${'x'.repeat(900_000)}"}`), /2097152 characters/],
    [
      'has one long example in all of its types',
      openApi(
        times(
          500,
          (no) =>
            `"t${no}":{"post":{"requestBody":{"content":{"application/json":{"examples":{"a":{"$ref":"#/x"}}}}}}}`,
        ),
        `,"x":{"value":"${'x'.repeat(900_000)}"}`,
      ),
      /2097152 characters/,
    ],
    [
      'has one text in many places of its YAML',
      yaml(`a: &a ${'x'.repeat(200_000)}
b: [${times(99, () => '*a')}]`),
      /characters/,
    ],
    [
      'has each message in each channel',
      manyChannels('{"$ref":"#/components/messages/X"}'),
      /takes more than 200000 steps/,
    ],
    [
      'has one list of names in each field of Protobuf',
      JSON.stringify({ asyncapi: '3.0.0', components: { messages: { a: inProto } } }),
      /takes more than 200000 steps|characters/,
    ],
  ])('%s', (_what, document, reason) => {
    expect(reasonOf(document)).toMatch(reason);
  });

  test('has more in one schema than any event type may have', () => {
    const wide = `{"properties":{${times(4_000, (no) => `"p${no}":{}`)}}}`;
    expect(reasonOf(openApi(`"t":${body(wide)}`))).toBe('its schema has more than 3000 parts');
  });
});

describe('a document is read that', () => {
  test('has a schema that grows by being unrolled, and is read as it is: once', () => {
    const defs = times(
      20,
      (no) => `"d${no}":{"allOf":[${times(10, () => `{"$ref":"#/components/schemas/d${no + 1}"}`)}]}`,
    );
    const document = openApi(
      `"t":${body('{"$ref":"#/components/schemas/d0"}')}`,
      `,"components":{"schemas":{${defs},"d20":{}}}`,
    );
    const { types } = readDocument(document);
    expect(JSON.stringify(types[0]?.jsonSchema).length).toBeLessThan(document.length * 2);
  });

  test('names one channel many times, which has its messages once', () => {
    const { types, unreadable } = readDocument(
      '{"asyncapi":"3.0.0","channels":{"a":{"messages":{"m":{}}},"b":{"$ref":"#/channels/a"}}}',
    );
    expect([types.map(({ type, place }) => [type, place]), unreadable]).toEqual([
      [['m', '/channels/a/messages/m']],
      [],
    ]);
  });
});

test('names that every object has are names like others', () => {
  const schema =
    '{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}},"required":["__proto__"]}';
  const { types } = readDocument(openApi(`"__proto__":${body(schema)},"t":${body('{"$ref":"#/constructor"}')}`));
  expect(types.map(({ type }) => type)).toEqual(['__proto__']);
  expect(JSON.stringify(types[0]?.jsonSchema)).toBe(schema);
});

/** For about so many characters. */
const cases: Readonly<Record<string, (size: number) => string>> = {
  'members of YAML': (size) => yaml(times(size / 12, (no) => `k${no}: ${no}`, '\n')),
  'the same member of YAML': (size) => yaml(times(size / 5, () => 'k: 1', '\n')),
  'anchors of YAML': (size) => yaml(times(size / 16, (no) => `k${no}: &a${no} 1`, '\n')),
  'brackets of YAML': (size) => yaml(`x: [${times(size / 9, () => '{a: [1]}')}]`),
  'quotes of YAML': (size) => yaml(`x: "${'\\n'.repeat(size / 2)}"`),
  'members of JSON': (size) => openApi('', `,"x":{${times(size / 14, (no) => `"k${no}":[{}]`)}}`),
  'references to schemas of one name': (size) =>
    openApi(
      `"t":${body(`{"allOf":[${times(Math.min(size / 40, 2_500), (no) => `{"$ref":"#/x/${no}/a"}`)}]}`)}`,
      `,"x":{${times(size / 20, (no) => `"${no}":{"a":true}`)}}`,
    ),
};

test.each(Object.entries(cases))('%s take time in proportion to their length', (_, make) => {
  expect(reasonOf(make(65_536))).toBe('read');
  const growth = fasterThanLinear((size) => {
    const text = make(size);
    return () => readDocument(text);
  });
  expect(growth).toBeNull();
});
