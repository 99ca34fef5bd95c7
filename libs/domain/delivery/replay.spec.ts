import { describe, expect, test } from '@jest/globals';
import { testDelivery } from './direct-delivery.ts';
import { deliveryIdOf, eventKeyOf } from '../ids.ts';
import {
  deliveryTo,
  missedDelivery,
  replayBatchMax,
  replayBatchSize,
  replayedDelivery,
  replayPauseMs,
  replayPositionOf,
  replayPositionText,
  replayStart,
} from './replay.ts';

const now = Date.parse('2026-03-14T09:26:53.589Z');
const later = now + 3_600_000;
const target = { id: 'wh_1', clientId: 'acme', format: 'json', isActive: true, filter: null } as const;
const made = testDelivery(target, {
  eventId: 'evt_1',
  eventType: 'a.b',
  data: Buffer.from('{"n":1.50}'),
  now,
  traceparent: null,
});
const row = {
  id: made.delivery.deliveryId,
  deliveryId: made.delivery.deliveryId,
  webhookId: 'wh_1',
  clientId: 'acme',
  kind: 'event',
  eventKey: made.event.eventKey,
  format: 'json',
} as const;

describe('the position of a replay', () => {
  test.each([replayStart, { phase: 'events', after: null }, { phase: 'deliveries', after: row.id }] as const)(
    '%j survives as text',
    (position) => {
      expect(replayPositionOf(replayPositionText(position))).toEqual(position);
    },
  );
  test('is the start where there is none', () => {
    expect(replayPositionOf(null)).toEqual(replayStart);
  });
});

test.each([
  [1, 1, 1000],
  [3, 2, 667],
  [50, 25, 500],
  [1000, replayBatchMax, 100],
])('a pace of %i a second goes in batches of %i, %i ms apart', (pace, size, pauseMs) => {
  expect(replayBatchSize(pace)).toBe(size);
  expect(replayPauseMs(size, pace)).toBe(pauseMs);
});

test('a delivery is sent again with its id and bytes, in the round of the replay', () => {
  const again = replayedDelivery('rp_1', row, made.event, target, later);
  expect(again).toEqual({
    ...made.delivery,
    kind: 'event',
    trigger: 'replay',
    round: 'rp_1',
    createdAt: later,
  });
});

test('a delivery that is sent again keeps the id that its receiver knows it by', () => {
  const deliveryId = deliveryIdOf('evt_1', 'wh_1', '/shop');
  const again = replayedDelivery('rp_1', { ...row, deliveryId }, made.event, target, later);
  expect(again).toMatchObject({ deliveryId, eventTime: now });
  expect(again?.body.toString()).toContain(`"deliveryId":"${deliveryId}"`);
});

test.each([
  ['the webhook is no more', row, made.event, null],
  ['the webhook is disabled', row, made.event, { ...target, isActive: false }],
  ['the event is not in the history', row, null, target],
  ['its format is not known', { ...row, format: null }, made.event, target],
])('a delivery is passed over when %s', (_, past, event, webhook) => {
  expect(replayedDelivery('rp_1', past, event, webhook, later)).toBeNull();
});

test('what was missed becomes the delivery that it would have been, and its decision is made good', () => {
  const disabled = {
    webhookId: 'wh_1',
    clientId: 'acme',
    decision: 'disabled',
    deliveryId: null,
    format: null,
  } as const;
  const missed = missedDelivery('rp_1', { ...made.event, decisions: [disabled] }, disabled, target, later);
  const deliveryId = deliveryIdOf('evt_1', 'wh_1', made.event.source);
  expect(missed?.delivery).toMatchObject({
    deliveryId,
    eventTime: now,
    trigger: 'replay',
    round: 'rp_1',
    attempt: 1,
    createdAt: later,
  });
  expect(missed?.delivery.body.toString()).toContain(`"deliveryId":"${deliveryId}"`);
  expect(missed?.event).toEqual({ ...made.event, decisions: [{ ...made.event.decisions[0], deliveryId }] });
});

test.each(['acme', null])('what a version before sources missed for %s has the id that it made', (clientId) => {
  const { eventId, source } = made.event;
  const idOf = (eventKey: string) =>
    missedDelivery('rp_1', { ...made.event, clientId, eventKey }, { webhookId: 'wh_1' }, target, later)?.delivery
      .deliveryId;
  expect(source).not.toBeNull();
  expect(idOf(eventKeyOf(now, clientId, eventId))).toBe(deliveryIdOf(eventId, 'wh_1'));
  expect(idOf(eventKeyOf(now, clientId, eventId, source))).toBe(deliveryIdOf(eventId, 'wh_1', source));
});

test.each([
  ['{"data.n":1.5}', true],
  ['{"data.n":2}', false],
  ['{"source":"/webhooks"}', true],
])('what was missed is asked the filter %s, which fan-out had not', (filter, isSent) => {
  const missed = missedDelivery('rp_1', made.event, { webhookId: 'wh_1' }, { ...target, filter }, later);
  expect(missed !== null).toBe(isSent);
});

test('what another webhook gets is a delivery of its own, whatever its filter says', () => {
  const other = { ...target, id: 'wh_2', filter: '{"data.n":2}' };
  const diverted = deliveryTo('rp_1', made.event, other, later);
  const { source, eventId } = made.event;
  const deliveryId = deliveryIdOf(eventId, 'wh_2', source);
  expect(diverted?.delivery).toMatchObject({
    deliveryId,
    webhookId: 'wh_2',
    trigger: 'replay',
    round: 'rp_1',
  });
  expect(diverted?.event.decisions).toMatchObject([{ webhookId: 'wh_2', decision: 'matched', deliveryId }]);
  expect(deliveryTo('rp_1', made.event, { ...other, isActive: false }, later)).toBeNull();
  expect(deliveryTo('rp_1', made.event, null, later)).toBeNull();
});
