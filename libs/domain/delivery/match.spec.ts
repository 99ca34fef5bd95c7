import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { webhookDefinition } from '../../../test/support/webhook-definition.ts';
import { patternMatches, SubscriptionTable } from './match.ts';
import type { WebhookDefinition } from '../webhook/webhook.ts';

function webhook(id: string, clientId: string, eventTypes: string[], more: Partial<WebhookDefinition> = {}) {
  return webhookDefinition(id, { clientId, eventTypes, ...more });
}

function tableOf(...definitions: WebhookDefinition[]): SubscriptionTable {
  const table = new SubscriptionTable();
  for (const definition of definitions) table.apply(definition);
  return table;
}

function ids(found: readonly { webhookId: string }[]): string[] {
  return found.map(({ webhookId }) => webhookId).sort();
}

test.each([
  ['order.created', 'order.created', true],
  ['order.created', 'order.created.eu', false],
  ['order.*', 'order.created', true],
  ['order.*', 'order.item.added', true],
  ['order.item.*', 'order.item.added', true],
  ['order.*', 'order', false],
  ['order.*', 'orders.created', false],
  ['order.*', 'order.', true],
  ['*', 'anything', true],
  ['*', '.', true],
  ['order', 'order.created', false],
  ['.*', '.x', false],
])('the pattern %s for the type %s: %s', (pattern, type, expected) => {
  expect(patternMatches(pattern, type)).toBe(expected);
});

describe('candidates', () => {
  const table = tableOf(
    webhook('a1', 'acme', ['order.created', 'order.*', '*']),
    webhook('a2', 'acme', ['user.*'], { isActive: false }),
    webhook('b1', 'beta', ['order.created']),
    webhook('b2', 'beta', ['webhook.*', '*']),
  );

  test('are the webhooks of the client, each once', () => {
    expect(ids(table.candidates('acme', 'order.created'))).toEqual(['a1']);
    expect(ids(table.candidates('beta', 'order.created'))).toEqual(['b1', 'b2']);
  });
  test('include the inactive ones', () => {
    expect(ids(table.candidates('acme', 'user.created'))).toEqual(['a1', 'a2']);
  });
  test('are none for a client without webhooks', () => {
    expect(table.candidates('nobody', 'order.created')).toEqual([]);
    expect(table.candidates('__proto__', 'order.created')).toEqual([]);
  });
  test('are those of every client without one', () => {
    expect(ids(table.candidates(null, 'order.created'))).toEqual(['a1', 'b1', 'b2']);
  });
  test('of a notice are those that named it', () => {
    expect(ids(table.noticeCandidates('beta', 'webhook.disabled'))).toEqual(['b2']);
    expect(ids(table.noticeCandidates('acme', 'webhook.disabled'))).toEqual([]);
  });
});

test('a changed definition takes the place of the one before, also at another client', () => {
  const table = tableOf(webhook('a1', 'acme', ['order.*']));
  table.apply(webhook('a1', 'beta', ['user.*']));
  expect(table.candidates('acme', 'order.created')).toEqual([]);
  expect(ids(table.candidates('beta', 'user.created'))).toEqual(['a1']);
  expect(table.size).toBe(1);
});

test('a removed webhook is nowhere', () => {
  const table = tableOf(webhook('a1', 'acme', ['*']));
  table.remove('a1');
  table.remove('never was');
  expect(table.candidates('acme', 'x')).toEqual([]);
  expect(table.candidates(null, 'x')).toEqual([]);
  expect(table.size).toBe(0);
});

test('a filter that cannot be read lets nothing through, and says why', () => {
  const table = new SubscriptionTable();
  expect(table.apply(webhook('a1', 'acme', ['*'], { filter: '{' }))).toMatchObject({ ok: false });
  expect(table.apply(webhook('a2', 'acme', ['*'], { filter: '{"id":{"$x":1}}' }))).toMatchObject({ ok: false });
  for (const { filter } of table.candidates('acme', 'x')) {
    expect(filter?.({ id: '1', type: 'x', source: null, subject: null, time: '', data: null })).toBe(false);
  }
});

test('the indexes find what looking at every webhook finds', () => {
  const pattern = fc.constantFrom('a', 'a.b', 'a.*', 'a.b.*', 'b.*', '*', 'a.b.c');
  const client = fc.constantFrom('c1', 'c2', 'c3');
  const id = fc.constantFrom('w1', 'w2', 'w3', 'w4');
  const change = fc.oneof(
    fc.record({ kind: fc.constant('apply' as const), id, client, patterns: fc.array(pattern, { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('remove' as const), id }),
  );
  fc.assert(
    fc.property(
      fc.array(change),
      fc.option(client),
      fc.constantFrom('a', 'a.b', 'a.b.c', 'b.x', 'c'),
      (changes, clientId, type) => {
        const table = new SubscriptionTable();
        const model = new Map<string, { client: string; patterns: string[] }>();
        for (const step of changes) {
          if (step.kind === 'remove') {
            table.remove(step.id);
            model.delete(step.id);
          } else {
            table.apply(webhook(step.id, step.client, step.patterns));
            model.set(step.id, step);
          }
        }
        const expected = [...model]
          .filter(([, found]) => clientId === null || found.client === clientId)
          .filter(([, found]) => found.patterns.some((candidate) => patternMatches(candidate, type)))
          .map(([found]) => found);
        expect(ids(table.candidates(clientId, type))).toEqual(expected.sort());
      },
    ),
  );
});

test('since when a webhook wants what it wants is when that last changed, not when it was last defined', () => {
  const table = new SubscriptionTable();
  const since = () => table.candidates('acme', 'order.created')[0]?.wantsSince;
  table.apply(webhook('w', 'acme', ['order.*']), 1_000);
  expect(since()).toBe(1_000);
  table.apply(webhook('w', 'acme', ['order.*'], { url: 'https://example.com/moved', version: 2 }), 2_000);
  expect(since()).toBe(1_000);
  table.apply(webhook('w', 'acme', ['order.*'], { isActive: false }), 3_000);
  expect(since()).toBe(3_000);
  table.apply(webhook('w', 'acme', ['order.*']), 4_000);
  expect(since()).toBe(4_000);
  table.apply(webhook('w', 'acme', ['order.*'], { filter: '{"data.a":1}' }), 5_000);
  expect(since()).toBe(5_000);
  table.apply(webhook('w', 'acme', ['order.*', 'x'], { filter: '{"data.a":1}' }), 6_000);
  expect(since()).toBe(6_000);
  table.remove('w');
  table.apply(webhook('w', 'acme', ['order.*', 'x'], { filter: '{"data.a":1}' }), 7_000);
  expect(since()).toBe(7_000);
});
