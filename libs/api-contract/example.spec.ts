import { expect, test } from '@jest/globals';
import Type from 'typebox';
import { exampleOf, exampleTime, noExample } from './example.ts';
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
  ['an object', Type.Object({ a: Type.Number(), b: Type.Optional(Type.String()) }), { a: 1, b: noExample }],
  ['a map', mapOf(Type.String()), {}],
  ['a map with an example', mapOf(Type.String(), { examples: [{ a: 'b' }] }), { a: 'b' }],
  ['anything', Type.Unknown(), null],
])('%s', (_, schema, expected) => {
  expect(exampleOf(schema)).toEqual(expected);
});

test.each<[string, object, unknown]>([
  ['clientId', Type.String(), 'acme'],
  ['clientId', Type.String({ examples: ['other'] }), 'other'],
  ['clientId', Type.Integer(), 1],
  ['latencyMs', nullable(Type.Integer()), 42],
  ['latencyMs', Type.Object({ p50: Type.Number() }), { p50: 38, p95: 71, p99: 120 }],
  ['nextAttemptAt', nullable(Type.String({ format: 'date-time' })), null],
  ['status', Type.Enum(['pending', 'delivered']), 'delivered'],
  ['status', Type.Enum(['open', 'done']), 'open'],
  ['constructor', Type.String(), noExample],
])('a field by the name %s in %j is %j', (name, schema, expected) => {
  expect(exampleOf(schema, name)).toEqual(expected);
});
