import { expect, test } from '@jest/globals';
import type { EventType } from '../../libs/domain/event/event-type.ts';
import { Catalogue } from './catalogue.ts';

const order: EventType = {
  type: 'order.created',
  description: null,
  audience: 'client',
  jsonSchema: '{"type":"object"}',
  schemaMode: 'enforce',
  example: null,
  sensitivePaths: [],
  deprecated: false,
  visibleTo: null,
  version: 1,
  updatedAt: 0,
};

test('what was compiled stays while the schema of a type does, whatever else of it changes', () => {
  const catalogue = new Catalogue([]);
  const checkOf = (change: Partial<EventType>) => {
    catalogue.apply({ ...order, ...change });
    return catalogue.find(order.type).check;
  };
  const first = checkOf({});
  expect(first).not.toBeNull();
  expect(checkOf({ version: 2, description: 'an order', schemaMode: 'warn' })).toBe(first);
  const changed = checkOf({ version: 3, jsonSchema: '{"type":"string"}' });
  expect(changed).not.toBe(first);
  expect(changed?.({})).not.toBeNull();
  expect(checkOf({ version: 4, schemaMode: 'off' })).toBeNull();
  expect(checkOf({ version: 5, jsonSchema: null })).toBeNull();
  expect(checkOf({ version: 6 })?.({})).toBeNull();
});
