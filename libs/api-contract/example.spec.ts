import { expect, test } from '@jest/globals';
import Type from 'typebox';
import { exampleOf, exampleTime } from './example.ts';
import { mapOf, nullable } from './fields.ts';

test.each<[string, object, unknown]>([
  ['an example of its own', Type.String({ examples: ['acme', 'other'] }), 'acme'],
  ['the first word', Type.Enum(['b', 'a']), 'b'],
  ['the one value', Type.Literal('only'), 'only'],
  ['null where there is no example', nullable(Type.String()), null],
  ['an example rather than null', nullable(Type.String({ examples: ['why'] })), 'why'],
  ['the first kind', Type.Union([Type.Integer({ minimum: 3 }), Type.String()]), 3],
  ['a time without an example', Type.String({ format: 'date-time' }), exampleTime],
  ['a list of one', Type.Array(Type.Boolean()), [true]],
  ['an object', Type.Object({ a: Type.Number(), b: Type.Optional(Type.String()) }), { a: 1, b: 'text' }],
  ['a map', mapOf(Type.String()), {}],
  ['a map with an example', mapOf(Type.String(), { examples: [{ a: 'b' }] }), { a: 'b' }],
  ['anything', Type.Unknown(), null],
])('%s', (_, schema, expected) => {
  expect(exampleOf(schema)).toEqual(expected);
});
