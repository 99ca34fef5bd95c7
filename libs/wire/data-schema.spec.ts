import { describe, expect, test } from '@jest/globals';
import { schemaInForce, wordsOf } from './data-schema.ts';

const schemaCheck = (text: string) => {
  const check = schemaInForce(text);
  return (data: unknown) => {
    const misfit = check(data);
    return misfit === null ? null : wordsOf(misfit);
  };
};

const order = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    items: { type: 'array', items: { type: 'number' } },
    state: { enum: ['new', 'paid'] },
  },
  additionalProperties: false,
};

describe('data', () => {
  const check = schemaCheck(JSON.stringify(order));
  test.each<[unknown, string | null]>([
    [{ id: 'a3bb189e-8bf9-3888-9912-ace4e6543002' }, null],
    [{}, "data must have required property 'id'"],
    [{ id: 'secret value' }, 'data/id must match format "uuid"'],
    [{ id: 'a3bb189e-8bf9-3888-9912-ace4e6543002', items: [1, 'x'] }, 'data/items/1 must be number'],
    [null, 'data must be object'],
    [{ id: 'a3bb189e-8bf9-3888-9912-ace4e6543002', ammount: 1 }, 'data must NOT have additional properties: "ammount"'],
    [
      { id: 'a3bb189e-8bf9-3888-9912-ace4e6543002', state: 'sent' },
      'data/state must be equal to one of the allowed values: ["new","paid"]',
    ],
  ])('%j: %s', (data, expected) => {
    expect(check(data)).toBe(expected);
  });
});

test.each([
  ['2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] }, [1]],
  ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] }, [1]],
  ['no dialect', { prefixItems: [{ type: 'string' }] }, [1]],
  ['an unknown keyword beside others', { 'x-note': 1, type: 'string' }, 1],
  ['false', false, 1],
])('a schema in %s is enforced', (_name, schema, misfit) => {
  expect(schemaCheck(JSON.stringify(schema))(misfit)).not.toBeNull();
});

test('true fits everything', () => {
  expect(schemaCheck('true')({ any: 1 })).toBeNull();
});

test.each([
  ['no JSON', '{'],
  ['no schema', '{"type":"nonsense"}'],
  ['a reference to elsewhere', '{"$ref":"https://example.com/schema.json"}'],
  ['asynchronous', '{"$async":true,"type":"string"}'],
])('with a schema that is %s nothing fits', (_name, text) => {
  expect(schemaCheck(text)('anything')).toContain('the JSON Schema cannot be used');
});

test('two schemas may have the same $id', () => {
  const withId = (type: string) => schemaCheck(JSON.stringify({ $id: 'urn:example:order', type }));
  expect(withId('string')('x')).toBeNull();
  expect(withId('number')(1)).toBeNull();
});
