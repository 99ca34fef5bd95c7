import { describe, expect, test } from '@jest/globals';
import { fieldsNamed, removedFields } from './schema-fields.ts';

const schema = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const text = { type: 'string' };

describe('fields that go', () => {
  test.each<[string, unknown, unknown, string[]]>([
    ['one of the data', schema({ a: text, b: text }), schema({ a: text }), ['data.b']],
    ['the outermost, for all that is inside', schema({ a: schema({ b: text, c: text }) }), schema({}), ['data.a']],
    ['one inside', schema({ a: schema({ b: text, c: text }) }), schema({ a: schema({ b: text }) }), ['data.a.c']],
    ['one of the items of a list', schema({ a: { items: schema({ b: text }) } }), schema({ a: {} }), ['data.a.b']],
    [
      'one behind a reference',
      schema({ a: { $ref: '#/$defs/x' } }, { $defs: { x: schema({ b: text }) } }),
      schema({ a: text }),
      ['data.a.b'],
    ],
    ['one of an alternative', { anyOf: [schema({ a: text }), schema({ b: text })] }, schema({ a: text }), ['data.b']],
    ['none that only moved into an alternative', schema({ a: text }), { oneOf: [schema({ a: text })] }, []],
    ['none, where there was no schema', null, schema({ a: text }), []],
    ['none, where there is none any more', schema({ a: text }), null, []],
    ['none, where anything goes', schema({ a: text }), true, []],
  ])('are %s', (_what, before, after, expected) => {
    expect(removedFields(before, after)).toEqual(expected);
  });

  test('are looked for in bounded time, whatever a schema refers to', () => {
    const endless = schema({ a: { $ref: '#' } });
    expect(removedFields(endless, schema({ a: text }))[0]).toBe('data.a.a');
    const laughs = { $defs: {} as Record<string, object>, $ref: '#/$defs/d0' };
    for (let no = 0; no < 50; no += 1)
      laughs.$defs[`d${no}`] = { allOf: Array(10).fill({ $ref: `#/$defs/d${no + 1}` }) };
    expect(removedFields(laughs, schema({}))).toEqual([]);
  });

  /** Each was gigabytes, or minutes. */
  test('are looked for in bounded memory, however long names are', () => {
    const long = ['a', 'b', 'c'].map((letter) => letter.repeat(60_000));
    const endless = schema(Object.fromEntries(long.map((name) => [name, { $ref: '#' }])));
    expect(removedFields(endless, schema({}))).toEqual([]);
    expect(removedFields(schema({ ['.'.repeat(200_000)]: text }), schema({}))).toEqual([]);
    const dotted = removedFields(schema({ ['.'.repeat(900)]: text, 'a.b': text }), schema({}));
    expect(dotted).toEqual([`data.${'.'.repeat(900)}`, 'data.a.b']);
  });
});

describe('a filter names', () => {
  test.each([
    ['a field', { 'data.a': 1 }, ['data.a']],
    ['what is inside of it', { 'data.a.x': { $gt: 1 } }, ['data.a']],
    ['it in objects', { data: { a: { $exists: true } } }, ['data.a']],
    ['it within others', { $or: [{ 'data.z': 1 }, { $not: { 'data.b': { $not: { $in: [1, 2] } } } }] }, ['data.b']],
    ['an item of a list', { 'data.a.0.c': 'x' }, ['data.a']],
    ['no field of a longer name', { 'data.aa': 1 }, []],
    ['nothing in a value', { 'data.z': 'data.a' }, []],
  ])('%s', (_what, filter, expected) => {
    expect(fieldsNamed(JSON.stringify(filter), ['data.a', 'data.b'])).toEqual(expected);
  });

  test('nothing when it cannot be read', () => {
    expect(fieldsNamed('{', ['data.a'])).toEqual([]);
  });
});
