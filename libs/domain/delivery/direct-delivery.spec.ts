import { expect, test } from '@jest/globals';
import { pastPayload, pingDelivery, resentDelivery, testDelivery } from './direct-delivery.ts';
import { madeUpDeliveryIdOf, timeOfId } from '../ids.ts';

const now = Date.parse('2026-03-14T09:26:53.589Z');
const webhook = { id: 'wh_1', clientId: 'acme', format: 'json' } as const;
const made = testDelivery(webhook, {
  eventId: 'evt_1',
  eventType: 'a.b',
  data: Buffer.from('{"n":1.50}'),
  now,
  traceparent: null,
});

test('a test is an event with one decision, and its delivery', () => {
  const deliveryId = madeUpDeliveryIdOf(now, 'evt_1', 'wh_1', '/webhooks');
  expect(made.event).toMatchObject({
    kind: 'test',
    clientId: 'acme',
    time: now,
    decisions: [{ webhookId: 'wh_1', clientId: 'acme', decision: 'matched', deliveryId, format: 'json' }],
  });
  expect(made.delivery).toMatchObject({
    deliveryId,
    kind: 'test',
    trigger: 'first',
    round: '',
    attempt: 1,
    createdAt: now,
  });
  expect(made.delivery.body.toString()).toBe(
    `{"id":"evt_1","type":"a.b","timestamp":"2026-03-14T09:26:53.589Z","data":{"n":1.50},"metadata":{"webhookId":"wh_1","deliveryId":"${deliveryId}","clientId":"acme"}}`,
  );
});

test('a ping is a probe', () => {
  const ping = pingDelivery(webhook, 'evt_2', now);
  expect(ping).toMatchObject({ kind: 'ping', trigger: 'probe', eventType: 'webhook.ping', attempt: 1 });
  expect(timeOfId(ping.deliveryId)).toBe(now);
});

test.each(['json', 'cloudevents', 'form', 'xml'] as const)(
  'a resend of %s has the id and the bytes of before, and a round of its own',
  (format) => {
    const first = testDelivery(
      { ...webhook, format },
      { eventId: 'evt_1', eventType: 'a.b', data: Buffer.from('{"n":1.50}'), now, traceparent: null },
    );
    const { deliveryId } = first.delivery;
    const past = { deliveryId, webhookId: 'wh_1', clientId: 'acme', kind: 'test', format } as const;
    const again = resentDelivery(
      past,
      { ...first.event, traceparent: null },
      { trigger: 'manual', round: 'rs_1' },
      now + 60_000,
    );
    expect(again).toEqual({ ...first.delivery, trigger: 'manual', round: 'rs_1', createdAt: now + 60_000 });
    expect(pastPayload(past, first.event).body.equals(first.delivery.body)).toBe(true);
  },
);
