import { describe, expect, test } from '@jest/globals';
import type { PlatformEvent } from '../event/cloud-event.ts';
import { audienceRuleOf, type EventType } from '../event/event-type.ts';
import { audienceOf } from './audience.ts';
import { bodyBytesMax, FanOut, webhookOfNotice, type FanOutInput, type FanOutPart } from './fan-out.ts';
import { deliveryIdOf, eventKeyOf } from '../ids.ts';
import type { Subscription } from './match.ts';
import { EqualFilters } from '../filter/equal-filters.ts';
import { dayMs } from '../day.ts';

const recordTime = Date.UTC(2026, 2, 1);

const event: PlatformEvent = {
  id: 'evt-1',
  type: 'order.created',
  source: '/shop',
  subject: null,
  timeMs: recordTime - 1000,
  isTimeUnread: false,
  clientId: 'acme',
  traceparent: null,
  data: { amount: 5 },
  dataText: { text: '{"amount":5}', members: 1 },
};

function input(candidates: Subscription[], more: Partial<FanOutInput> = {}): FanOutInput {
  const origin = { topic: 'platform.events', partition: 3, offset: 42, timestampMs: recordTime };
  const dataText = Buffer.from(event.dataText.text);
  const nowMs = recordTime + 1_000;
  return { event, dataText, origin, candidates, historyMs: 30 * dayMs, nowMs, ...more };
}

function candidate(webhookId: string, more: Partial<Subscription> = {}): Subscription {
  return { webhookId, clientId: 'acme', eventTypes: ['*'], isActive: true, format: 'json', filter: null, ...more };
}

/** All of it as one part. */
function fanOut(of: FanOutInput): FanOutPart {
  return new FanOut(of).next(() => false);
}

describe('fan-out', () => {
  test('makes a delivery of each match, and one event with a decision for each candidate', () => {
    const result = fanOut(
      input([
        candidate('w1'),
        candidate('w2', { isActive: false }),
        candidate('w3', { filter: ({ data }) => (data as { amount: number }).amount > 5 }),
        candidate('w4', { filter: () => true, format: 'cloudevents' }),
      ]),
    );
    const time = recordTime - 1000;
    const [d1, d4] = ['w1', 'w4'].map((id) => deliveryIdOf('evt-1', id, '/shop'));
    expect(result.tooLarge).toEqual([]);
    expect(result.events).toEqual([
      {
        eventId: 'evt-1',
        eventKey: eventKeyOf(time, 'acme', 'evt-1', '/shop'),
        eventType: 'order.created',
        source: '/shop',
        subject: null,
        clientId: 'acme',
        kind: 'event',
        time,
        receivedAt: recordTime,
        data: Buffer.from('{"amount":5}'),
        decisions: [
          { webhookId: 'w1', clientId: 'acme', decision: 'matched', deliveryId: d1, format: 'json' },
          { webhookId: 'w2', clientId: 'acme', decision: 'disabled', deliveryId: null, format: null },
          { webhookId: 'w3', clientId: 'acme', decision: 'filtered', deliveryId: null, format: null },
          {
            webhookId: 'w4',
            clientId: 'acme',
            decision: 'matched',
            deliveryId: d4,
            format: 'cloudevents',
          },
        ],
        sourceTopic: 'platform.events',
        sourcePartition: 3,
        sourceOffset: 42,
        traceparent: null,
      },
    ]);
    expect(result.deliveries.map(({ webhookId, deliveryId }) => [webhookId, deliveryId])).toEqual([
      ['w1', d1],
      ['w4', d4],
    ]);
    expect(result.deliveries[0]).toMatchObject({
      kind: 'event',
      trigger: 'first',
      round: '',
      attempt: 1,
      createdAt: recordTime,
      contentType: 'application/json',
    });
    expect(result.deliveries[0]?.body.toString()).toContain('"data":{"amount":5}');
  });

  test('names every copy of an event by one id, in its body too, and the history each by its time', () => {
    const copies = [
      input([candidate('w1')]),
      input([candidate('w1')], { event: { ...event, timeMs: null } }),
      input([candidate('w1')], { event: { ...event, timeMs: recordTime - 5_000 } }),
      input([candidate('w1')], {
        event: { ...event, timeMs: null },
        origin: { topic: 'other', partition: 0, offset: 7, timestampMs: recordTime + 3_000 },
      }),
    ].map((one) => fanOut(one).deliveries[0]);
    const deliveryId = deliveryIdOf('evt-1', 'w1', '/shop');
    expect(new Set(copies.map((copy) => copy?.deliveryId))).toEqual(new Set([deliveryId]));
    expect(new Set(copies.map((copy) => copy?.eventTime)).size).toBe(4);
    for (const copy of copies) expect(copy?.body.toString()).toContain(`"deliveryId":"${deliveryId}"`);
  });

  test('makes the same of the same event, whatever the clock says', () => {
    expect(fanOut(input([candidate('w1')]))).toEqual(fanOut(input([candidate('w1')])));
  });

  test('a copy goes to nobody who wanted the event when it came first, and the decision says so', () => {
    const seenAt = recordTime - 60_000;
    const candidates = [
      candidate('w1', { wantsSince: seenAt - 1 }),
      candidate('w2', { isActive: false }),
      candidate('w3', { filter: () => false }),
      candidate('w4', { wantsSince: seenAt }),
      candidate('w5'),
    ];
    const copy = new FanOut(input(candidates, { copyOf: () => ({ seenAt }) }));
    const { events, deliveries } = copy.next(() => false);
    expect(copy.isCopy).toBe(true);
    expect(deliveries.map(({ webhookId }) => webhookId)).toEqual(['w4']);
    const decisions = events[0]?.decisions ?? [];
    expect(decisions.map(({ webhookId, decision }) => [webhookId, decision])).toEqual([
      ['w1', 'copy'],
      ['w2', 'disabled'],
      ['w3', 'filtered'],
      ['w4', 'matched'],
      ['w5', 'copy'],
    ]);
    expect(decisions[0]).toMatchObject({ deliveryId: deliveryIdOf('evt-1', 'w1', '/shop') });
    expect(deliveries[0]?.deliveryId).toBe(deliveryIdOf('evt-1', 'w4', '/shop'));
  });

  test("shows filters the event's time as it is kept", () => {
    const times: string[] = [];
    const filter: Subscription['filter'] = ({ time }) => times.push(time) > 0;
    fanOut(input([candidate('w1', { filter })]));
    fanOut(input([candidate('w1', { filter })], { event: { ...event, timeMs: null } }));
    expect(times).toEqual(['2026-02-28T23:59:59.000Z', '2026-03-01T00:00:00.000Z']);
  });

  test('keeps an event that nobody wants', () => {
    expect(fanOut(input([]))).toMatchObject({ events: [{ eventId: 'evt-1', decisions: [] }], deliveries: [] });
  });

  test('never decides on a webhook of another client', () => {
    expect(() => fanOut(input([candidate('w1', { clientId: 'beta' })]))).toThrow('another client');
  });

  test('names each client in the deliveries of a broadcast', () => {
    const { events, deliveries } = fanOut(
      input([candidate('w1'), candidate('w2', { clientId: 'beta' })], { event: { ...event, clientId: null } }),
    );
    expect(events[0]?.clientId).toBeNull();
    expect(deliveries.map(({ clientId }) => clientId)).toEqual(['acme', 'beta']);
    expect(deliveries[1]?.body.toString()).toContain('"clientId":"beta"');
  });

  test('leaves out a webhook in whose format the event is too large', () => {
    const dataText = Buffer.from(JSON.stringify({ text: '&'.repeat(300_000) }));
    const result = fanOut(input([candidate('w1', { format: 'xml' }), candidate('w2')], { dataText }));
    expect(result.deliveries.map(({ webhookId }) => webhookId)).toEqual(['w2']);
    expect(result.tooLarge).toEqual([{ webhookId: 'w1', bodyBytes: expect.any(Number) }]);
    expect(result.events[0]?.decisions.map(({ decision }) => decision)).toEqual(['filtered', 'matched']);
  });

  test('spreads the decisions of a large broadcast over records that Kafka takes', () => {
    const candidates = Array.from({ length: 30_000 }, (_, index) => candidate(`webhook-${index}`, { isActive: false }));
    const { events } = fanOut(input(candidates, { event: { ...event, clientId: null } }));
    expect(events.length).toBeGreaterThan(1);
    const decided = events.flatMap(({ decisions }) => decisions);
    expect(decided.map(({ webhookId }) => webhookId)).toEqual(candidates.map(({ webhookId }) => webhookId));
    for (const { decisions, eventKey } of events) {
      expect(eventKey).toBe(events[0]?.eventKey);
      expect(JSON.stringify(decisions.map((decision) => Object.values({ ...decision }))).length).toBeLessThan(
        bodyBytesMax,
      );
    }
  });

  test('in parts is the same as at once, and holds no more than a record of decisions between them', () => {
    const candidates = Array.from({ length: 5_000 }, (_, index) =>
      candidate(`webhook-${index}-${'x'.repeat(200)}`, {
        isActive: index % 7 !== 0,
        filter: index % 5 === 0 ? () => false : null,
        format: (['json', 'cloudevents', 'form', 'xml'] as const)[index % 4] ?? 'json',
      }),
    );
    const whole = fanOut(input(candidates));
    const inParts = new FanOut(input(candidates));
    const parts: FanOutPart[] = [];
    while (!inParts.isDone) parts.push(inParts.next((bytes) => bytes >= 100_000));
    expect(parts.length).toBeGreaterThan(20);
    const textOf = (all: readonly FanOutPart[]) =>
      JSON.stringify([all.flatMap(({ deliveries }) => deliveries), all.flatMap(({ events }) => events)]);
    expect(textOf(parts) === textOf([whole])).toBe(true);
    expect(whole.events.length).toBeGreaterThan(1);
    for (const { deliveries } of parts) {
      expect(deliveries.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThan(101_000);
    }
  });

  test('ends a part after any candidate, whether it matches or not, and is done with the last', () => {
    const slow = candidate('w', { filter: () => false });
    const inParts = new FanOut(input([slow, slow, slow]));
    const parts: FanOutPart[] = [];
    while (!inParts.isDone) parts.push(inParts.next(() => true));
    expect(parts.map(({ events }) => events.length)).toEqual([0, 0, 1]);
    expect(parts.at(-1)?.events[0]?.decisions).toHaveLength(3);
  });

  test.each([-1, 0, 2 ** 60])('survives the record timestamp %s', (timestampMs) => {
    const origin = { topic: 't', partition: 0, offset: 0, timestampMs };
    expect(fanOut(input([candidate('w1')], { origin, event: { ...event, timeMs: -5 } })).deliveries).toHaveLength(1);
  });

  test.each([
    ['#8 seconds', recordTime / 1_000],
    ['#8 zero', 0],
    ['#8 minus one', -1],
    ['#22 microseconds', recordTime * 1_000],
    ['#22 nanoseconds', recordTime * 1_000_000],
    ['#22 the largest there is', 2 ** 63 - 1],
  ])('%s: the delivery is as old as it is, and its ids carry a time of these days', (_name, timestampMs) => {
    const origin = { topic: 't', partition: 0, offset: 0, timestampMs };
    const { events, deliveries } = fanOut(input([candidate('w1')], { origin, event: { ...event, timeMs: null } }));
    const nowMs = recordTime + 1_000;
    for (const time of [events[0]?.time, events[0]?.receivedAt, deliveries[0]?.createdAt]) {
      expect([recordTime, nowMs]).toContain(time);
    }
    expect(deliveries[0]?.eventTime).toBe(events[0]?.time);
  });

  test.each<[string, number, number | null]>([
    ['no time at all', -1, null],
    ['times that the history does not keep any more', recordTime - 60 * dayMs, recordTime - 61 * dayMs],
    ['a time of its own that is too old alone', -1, recordTime - 61 * dayMs],
    ['times that are years ahead', recordTime + 900 * dayMs, recordTime + 900 * dayMs],
  ])('a record with %s has the same ids when it is fanned out again', (_name, timestampMs, timeMs) => {
    const origin = { topic: 't', partition: 0, offset: 0, timestampMs };
    const of = (nowMs: number) => fanOut(input([candidate('w1')], { origin, event: { ...event, timeMs }, nowMs }));
    const noon = recordTime + dayMs / 2;
    const [once, again] = [of(noon), of(noon + 60_000)];
    expect(again.deliveries[0]?.deliveryId).toBe(once.deliveries[0]?.deliveryId);
    expect(again.events[0]?.eventKey).toBe(once.events[0]?.eventKey);
    expect(again.events[0]?.time).toBe(recordTime);
    expect(once.deliveries[0]?.eventTime).toBe(recordTime);
    // What grows old, and what the history shows, begins when it came.
    expect([once.events[0]?.receivedAt, once.deliveries[0]?.createdAt]).toEqual([noon, noon]);
  });

  test('an own time that is kept names the ids also when the record has none', () => {
    const origin = { topic: 't', partition: 0, offset: 0, timestampMs: 0 };
    expect(fanOut(input([], { origin })).events[0]?.time).toBe(event.timeMs);
  });

  test('#4 events of two sources that share an id and a time are two events with two deliveries', () => {
    const of = (source: string | null) => fanOut(input([candidate('w1')], { event: { ...event, source } }));
    const made = [of('/orders'), of('/payments'), of(null)];
    expect(new Set(made.map(({ deliveries }) => deliveries[0]?.deliveryId)).size).toBe(3);
    expect(new Set(made.map(({ events }) => events[0]?.eventKey)).size).toBe(3);
    expect(of('/orders').deliveries[0]?.deliveryId).toBe(made[0]?.deliveries[0]?.deliveryId);
  });

  test('#38 a record that was copied late grows too old from its fan-out on, and keeps its time in the history', () => {
    const nowMs = recordTime + 80 * 3_600_000;
    const { events, deliveries } = fanOut(input([candidate('w1')], { nowMs }));
    expect(deliveries[0]?.createdAt).toBe(nowMs);
    expect(events[0]).toMatchObject({ receivedAt: recordTime, time: recordTime - 1_000 });
    const soon = fanOut(input([candidate('w1')], { nowMs: recordTime + 3_600_000 }));
    expect(soon.deliveries[0]?.createdAt).toBe(recordTime);
  });
});

describe('the audience', () => {
  const catalogued: EventType = {
    type: 'order.created',
    description: null,
    audience: 'client',
    jsonSchema: null,
    schemaMode: 'off',
    example: null,
    sensitivePaths: [],
    deprecated: false,
    visibleTo: null,
    version: 1,
    updatedAt: 0,
  };
  const hidden: EventType = { ...catalogued, visibleTo: ['beta'] };
  const broadcast: EventType = { ...catalogued, audience: 'broadcast' };
  const own = { kind: 'client', clientId: 'acme' };
  const none = (reason: string) => ({ kind: 'none', rejection: { reason } });
  test.each<[string, string | null, EventType | null, 'accept' | 'reject', object]>([
    ['is the client that is named', 'acme', catalogued, 'accept', own],
    ['is that client for a broadcast type too', 'acme', broadcast, 'accept', own],
    ['is that client for an unknown type', 'acme', null, 'accept', own],
    ['is nobody for an unknown type that is refused', 'acme', null, 'reject', none('unknown_event_type')],
    ['is everyone for a broadcast type', null, broadcast, 'reject', { kind: 'everyone' }],
    ['is nobody without a client', null, catalogued, 'accept', none('no_audience')],
    ['is nobody without a client for an unknown type', null, null, 'accept', none('no_audience')],
    ['is that client for a type that it does not see, as for an unknown one', 'acme', hidden, 'accept', own],
    [
      'is nobody for a type that it does not see, where unknown ones are refused',
      'acme',
      hidden,
      'reject',
      none('unknown_event_type'),
    ],
    [
      'is those that see a broadcast type',
      null,
      { ...broadcast, visibleTo: ['beta'] },
      'reject',
      { kind: 'listed', clientIds: new Set(['beta']) },
    ],
    [
      'is nobody at all for a broadcast that none may see',
      null,
      { ...broadcast, visibleTo: [] },
      'accept',
      { kind: 'listed', clientIds: new Set() },
    ],
  ])('%s', (_name, clientId, eventType, unknown, expected) => {
    const rule = eventType === null ? null : audienceRuleOf(eventType);
    expect(audienceOf({ type: 'order.created', clientId }, rule, unknown)).toMatchObject(expected);
  });
});

test('a notice names its webhook in its data, else as its subject', () => {
  expect(webhookOfNotice({ subject: 's', data: { webhookId: 'w1' } })).toBe('w1');
  expect(webhookOfNotice({ subject: 's', data: { webhookId: 1 } })).toBe('s');
  expect(webhookOfNotice({ subject: null, data: [] })).toBeNull();
});

describe('filters', () => {
  const shared = (filter: string) => new EqualFilters().take('w', filter).filter;

  test('that are equal are judged once for an event', () => {
    let judged = 0;
    const filter = () => (judged += 1) > 0;
    const { deliveries } = fanOut(input(Array.from({ length: 50 }, (_, n) => candidate(`w${n}`, { filter }))));
    expect([deliveries.length, judged]).toEqual([50, 1]);
  });

  test('of one client cost no event more than a bound; what is over it is filtered and told', () => {
    const data = { list: Array.from({ length: 5_000 }, () => 0) };
    const costly = Array.from({ length: 300 }, (_, n) =>
      candidate(`w${n}`, { filter: shared(`{"data.list":${n + 1}}`) }),
    );
    const cheap = candidate('cheap', { filter: shared('{"data.list.0":0}') });
    const again = candidate('again', { filter: costly[0]?.filter ?? null });
    const result = fanOut(input([...costly, cheap, again], { event: { ...event, data } }));
    expect(result.deliveries.map(({ webhookId }) => webhookId)).toEqual(['cheap']);
    // 104 are judged; `again` is equal to the first of them.
    expect(result.overBudget).toEqual(costly.slice(104).map(({ webhookId }) => webhookId));
    const [{ decisions } = { decisions: [] }] = result.events;
    expect(decisions.filter(({ decision }) => decision === 'filtered')).toHaveLength(301);
  });

  test('of one client cost no other its share', () => {
    const data = { list: Array.from({ length: 5_000 }, () => 0) };
    const costly = Array.from({ length: 300 }, (_, n) =>
      candidate(`w${n}`, { filter: shared(`{"data.list":${n + 1}}`) }),
    );
    const other = candidate('other', { clientId: 'beta', filter: shared('{"data.list":0,"type":{"$exists":true}}') });
    const everyones = { ...event, clientId: null, data };
    const result = fanOut(input([...costly, other], { event: everyones }));
    expect(result.deliveries.map(({ webhookId }) => webhookId)).toEqual(['other']);
  });
});

test('of a webhook that is rewound nothing is delivered: it waits in the queue, and while it is joined in memory too', () => {
  const isKept = ({ webhookId }: Subscription) => webhookId === 'joined';
  const result = fanOut(
    input(
      [
        candidate('w1'),
        candidate('held', { rewind: 'holding' }),
        candidate('kept', { rewind: 'joining' }),
        // Something of it is kept still.
        candidate('joined'),
        candidate('filtered', { rewind: 'holding', filter: () => false }),
        candidate('disabled', { rewind: 'holding', isActive: false }),
      ],
      { isKept },
    ),
  );
  const decisions = result.events[0]?.decisions.map(({ webhookId, decision, deliveryId }) => [
    webhookId,
    decision,
    deliveryId !== null,
  ]);
  expect(decisions).toEqual([
    ['w1', 'matched', true],
    ['held', 'held', false],
    ['kept', 'held', true],
    ['joined', 'held', true],
    ['filtered', 'filtered', false],
    ['disabled', 'disabled', false],
  ]);
  expect(result.deliveries.map(({ webhookId }) => webhookId)).toEqual(['w1']);
  expect(result.kept).toMatchObject([
    { delivery: { webhookId: 'kept' }, event: { decisions: [{ webhookId: 'kept', decision: 'matched' }] } },
    { delivery: { webhookId: 'joined' }, event: { decisions: [{ webhookId: 'joined', decision: 'matched' }] } },
  ]);
});
