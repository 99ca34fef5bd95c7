import { expect, test } from '@jest/globals';
import { webhookDefinition } from '../../../test/support/webhook-definition.ts';
import { sayChange } from './change-line.ts';

function saidOf(topic: string, key: string, value: object | null) {
  const lines: unknown[] = [];
  sayChange({ info: (fields, message) => lines.push([message, fields]) }, { topic, key, value });
  return lines;
}

test('a definition that changes has one line with its ids, and nothing that is secret', () => {
  const webhook = webhookDefinition('w1', { version: 1, url: 'https://user-token.example.com/planted' });
  const of = { webhookId: 'w1', clientId: 'acme', isActive: true };
  const changed = (value: object | null) => saidOf('webhook.definitions', 'w1', value);
  expect(changed(webhook)).toEqual([['webhook registered', { ...of, version: 1 }]]);
  expect(changed({ ...webhook, version: 7, isActive: false, disabledBy: 'failures' })).toEqual([
    ['webhook updated', { ...of, version: 7, isActive: false, disabledBy: 'failures' }],
  ]);
  expect(changed(null)).toEqual([['webhook deleted', { webhookId: 'w1' }]]);
});

test('so has an event type; a notice has none', () => {
  expect(saidOf('webhook.event-types', 'order.paid', { version: 1 })).toEqual([
    ['event type catalogued', { eventType: 'order.paid', version: 1 }],
  ]);
  expect(saidOf('webhook.event-types', 'order.paid', null)).toEqual([
    ['event type deleted', { eventType: 'order.paid' }],
  ]);
  expect(saidOf('webhook.notices', 'acme', { type: 'webhook.created' })).toEqual([]);
});
