/** What is published of the catalogue: the AsyncAPI document is what its standard says, and both documents can be imported again. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { readDocument } from '../../libs/wire/catalogue/catalogue-reader.ts';
import {
  asyncApiDocument,
  openApiWithWebhooks,
  type PublishedType,
} from '../../libs/api-contract/catalogue-documents.ts';

const order = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    parent: { $ref: '#' },
    price: { $ref: '#/$defs/money' },
    $ref: { type: 'string' },
  },
  $defs: { money: { type: 'object', properties: { of: { $ref: '#/$defs/money' }, n: { type: 'number' } } } },
};
const types: readonly PublishedType[] = [
  {
    type: 'order.paid',
    description: 'An order was paid',
    jsonSchema: order,
    example: { id: 'o-1' },
    deprecated: false,
  },
  { type: 'größe geändert/neu', description: null, jsonSchema: null, example: null, deprecated: true },
  { type: 'a.b', description: null, jsonSchema: true, example: [1], deprecated: false },
  { type: 'a$b', description: null, jsonSchema: { type: 'string' }, example: null, deprecated: false },
];
const asyncSchema = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json'), 'utf8'),
) as object;

function asyncProblems(document: object): unknown {
  const ajv = new Ajv({ strict: false, logger: false, meta: false, validateSchema: false });
  formats.default(ajv);
  const validate = ajv.compile(asyncSchema);
  return validate(document) ? [] : validate.errors?.slice(0, 3);
}

test('the AsyncAPI document is one by the schema of the standard, with event types and without', () => {
  expect(asyncProblems(asyncApiDocument('1.2.3', { types, hasMore: true }))).toEqual([]);
  expect(asyncProblems(asyncApiDocument('1.2.3', { types: [], hasMore: false }))).toEqual([]);
  expect(asyncProblems({ asyncapi: '3.0.0' })).not.toEqual([]);
});

test('what is published can be imported again, and says the same', () => {
  const said = types.map(({ type, description, jsonSchema, example, deprecated }) => ({
    type,
    ...(description === null ? {} : { description }),
    ...(jsonSchema === null ? {} : { jsonSchema }),
    ...(example === null ? {} : { example }),
    ...(deprecated ? { deprecated } : {}),
  }));
  for (const document of [
    asyncApiDocument('1', { types, hasMore: false }),
    openApiWithWebhooks('1', { types, hasMore: false }),
  ]) {
    const read = readDocument(JSON.parse(JSON.stringify(document)));
    expect(read.unreadable).toEqual([]);
    const found = read.types.map(({ place: _place, ...one }) => one);
    expect(found).toEqual(said);
  }
});
