import { describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { EventType } from '../../libs/domain/event/event-type.ts';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import type { NewSpan, Span } from '../../libs/runtime/tracing.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { Catalogue } from './catalogue.ts';
import { CopyMemory } from './copy-memory.ts';
import { EventHandler, type EventHandlerOptions } from './event-handler.ts';

const topics = { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' };
const now = Date.UTC(2026, 2, 1);

function eventType(type: string, more: Partial<EventType> = {}): EventType {
  return {
    type,
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
    ...more,
  };
}

class Fixture {
  readonly table = new SubscriptionTable();
  readonly catalogue = new Catalogue(['password']);
  readonly handler: EventHandler;

  constructor(options: Partial<EventHandlerOptions> = {}) {
    this.handler = new EventHandler({
      table: this.table,
      catalogue: this.catalogue,
      encodeEvent: (event) => Buffer.from(JSON.stringify({ ...event, data: event.data.toString() })),
      encodeDelivery: (delivery) => Buffer.from(JSON.stringify({ ...delivery, body: delivery.body.toString() })),
      topics,
      payloadBytesMax: 1_000,
      unknownEventTypes: 'accept',
      historyMs: 30 * 86_400_000,
      now: () => now,
      ...options,
    });
    this.table.apply(webhookDefinition('w-acme'));
    this.table.apply(webhookDefinition('w-beta', { clientId: 'beta' }));
  }

  handle(value: object | string, more: Partial<KafkaRecord> = {}) {
    const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const at = { topic: 'platform.events', partition: 2, offset: 7, timestampMs: now };
    const record: KafkaRecord = {
      ...at,
      key: Buffer.from('k'),
      value: bytes,
      headers: { h: Buffer.from('1') },
      ...more,
    };
    const handled = this.handler.handle(record, null);
    return { ...handled, record, to: deliveriesOf(handled.records), event: eventOf(handled.records) };
  }
}

function deliveriesOf(records: readonly OutgoingRecord[]): (Omit<Delivery, 'body'> & { body: string })[] {
  return records
    .filter(({ topic }) => topic === topics.deliveries)
    .map(({ value }) => JSON.parse(String(value)) as Omit<Delivery, 'body'> & { body: string });
}

function eventOf(records: readonly OutgoingRecord[]): (Omit<WebhookEvent, 'data'> & { data: string }) | null {
  const found = records.find(({ topic }) => topic === topics.events);
  return found === undefined
    ? null
    : (JSON.parse(String(found.value)) as Omit<WebhookEvent, 'data'> & { data: string });
}

const event = { id: 'e1', type: 'order.created', clientid: 'acme', data: { amount: 1 } };

describe('an event', () => {
  test('becomes a record of itself, then one for each webhook of its client', () => {
    const { records, to, deliveries, eventType: type, rejection } = new Fixture().handle(event);
    expect(records.map(({ topic, key }) => [topic, key])).toEqual([
      ['events', 'e1'],
      ['deliveries', 'w-acme'],
    ]);
    expect(to[0]).toMatchObject({ webhookId: 'w-acme', clientId: 'acme', eventId: 'e1', createdAt: now });
    expect({ deliveries, type, rejection }).toEqual({ deliveries: 1, type: 'order.created', rejection: null });
  });

  test('of a broadcast type goes to every client', () => {
    const fixture = new Fixture();
    fixture.catalogue.apply(eventType('order.created', { audience: 'broadcast' }));
    const { to } = fixture.handle({ ...event, clientid: undefined });
    expect(to.map(({ webhookId }) => webhookId)).toEqual(['w-acme', 'w-beta']);
  });

  test('of a broadcast type that some see goes to these alone, whatever others subscribed to', () => {
    const fixture = new Fixture();
    fixture.table.apply(webhookDefinition('w-all', { eventTypes: ['*'] }));
    fixture.catalogue.apply(eventType('order.created', { audience: 'broadcast', visibleTo: ['beta'] }));
    const decided = (more: object) =>
      fixture.handle({ ...event, ...more }).event?.decisions.map(({ webhookId }) => webhookId);
    expect(decided({ clientid: undefined })).toEqual(['w-beta']);
    // It is that client's own, whatever the catalogue shows.
    expect(decided({ id: 'e2', clientid: 'acme' })).toEqual(['w-acme', 'w-all']);
    fixture.catalogue.apply(eventType('order.created', { audience: 'broadcast', visibleTo: [] }));
    expect(decided({ id: 'e3', clientid: undefined })).toEqual([]);
  });

  test('is masked before anything leaves, and before filters see it', () => {
    const fixture = new Fixture();
    fixture.catalogue.apply(eventType('order.created', { sensitivePaths: ['card.number'] }));
    fixture.table.apply(webhookDefinition('w-spy', { filter: '{"data.card.number":{"$prefix":"4"}}' }));
    const handled = fixture.handle({ ...event, data: { password: 'hunter2', card: { number: '4111' } } });
    expect(handled.event?.decisions.map(({ webhookId, decision }) => [webhookId, decision])).toEqual([
      ['w-acme', 'matched'],
      ['w-spy', 'filtered'],
    ]);
    expect(JSON.stringify(handled.records.map(({ value }) => String(value)))).not.toMatch(/hunter2|4111/);
  });

  test('keeps the text of its data', () => {
    const text = '{ "n": 12345678901234567890, "2": 1, "1": 2.50 }';
    const { event: kept, to } = new Fixture().handle(`{"id":"e1","type":"t","clientid":"acme","data":${text}}`);
    expect(kept?.data).toBe(text);
    expect(to[0]?.body).toContain(`"data":${text},`);
  });

  test('that nobody subscribed to is kept without decisions', () => {
    const { event: kept, deliveries } = new Fixture().handle({ ...event, clientid: 'nobody' });
    expect(kept?.decisions).toEqual([]);
    expect(deliveries).toBe(0);
  });
});

describe('an event of a trace', () => {
  const came = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const own = '00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01';
  const traced = { ...event, traceparent: came };
  const fixtureOf = (isSampled: boolean, more: Partial<EventHandlerOptions> = {}) => {
    const started: NewSpan[] = [];
    const problems: (string | null)[] = [];
    const end: Span['end'] = (_attributes, problem) => problems.push(problem);
    const start = (span: NewSpan) => {
      started.push(span);
      return { traceparent: own, isSampled, end };
    };
    return { fixture: new Fixture({ tracer: { start }, ...more }), started, problems };
  };

  test('becomes things of its span when that is kept, and the caller ends it', () => {
    const { fixture, started, problems } = fixtureOf(true);
    const handled = fixture.handle(traced);
    expect(started).toMatchObject([
      { name: 'process platform.events', kind: 'consumer', parent: came, attributes: { 'messaging.kafka.offset': 7 } },
    ]);
    expect([handled.event?.traceparent, handled.to[0]?.traceparent]).toEqual([own, own]);
    expect(handled.span).not.toBeNull();
    expect(problems).toEqual([]);
  });

  test('becomes what it would have become when it is not kept, or tracing is off', () => {
    const { fixture } = fixtureOf(false);
    for (const handled of [fixture.handle(traced), new Fixture().handle(traced)]) {
      expect([handled.event?.traceparent, handled.to[0]?.traceparent, handled.span]).toEqual([came, came, null]);
    }
    expect(fixture.handle(event).to[0]?.traceparent).toBeNull();
  });

  test('has its span when it is set aside, by a defect too', () => {
    const { fixture } = fixtureOf(true);
    expect(fixture.handle({ ...traced, clientid: undefined })).toMatchObject({
      rejection: { reason: 'no_audience' },
      span: { traceparent: own },
    });
    const broken = fixtureOf(true, { encodeEvent: () => JSON.parse('{') as Buffer });
    expect(broken.fixture.handle(traced)).toMatchObject({ rejection: { reason: 'internal_error' }, span: null });
    expect(broken.problems).toEqual(['internal_error']);
  });
});

describe('an event is set aside as it came', () => {
  test('with where it came from and why', () => {
    const { records, record } = new Fixture().handle('garbage');
    expect(records).toEqual([
      {
        topic: 'rejected',
        key: record.key,
        value: record.value,
        headers: {
          h: Buffer.from('1'),
          reason: 'unparsable',
          detail: 'the value is not JSON',
          'source-topic': 'platform.events',
          'source-partition': '2',
          'source-offset': '7',
          'source-timestamp': String(now),
        },
      },
    ]);
  });

  test.each<[string, object | string, Partial<EventHandlerOptions>]>([
    ['payload_too_large', { ...event, data: 'x'.repeat(1_000) }, {}],
    ['missing_id', { ...event, id: undefined }, {}],
    ['no_audience', { ...event, clientid: undefined }, {}],
    ['unknown_event_type', event, { unknownEventTypes: 'reject' }],
    ['internal_error', event, { encodeEvent: () => JSON.parse('{') as Buffer }],
  ])('%s', (reason, value, options) => {
    const handled = new Fixture(options).handle(value);
    expect(handled.rejection?.reason).toBe(reason);
    expect(handled.records).toHaveLength(1);
    expect(handled.records[0]).toMatchObject({ topic: 'rejected', value: handled.record.value, headers: { reason } });
  });

  test('schema_violation, when its schema is enforced', () => {
    const fixture = new Fixture();
    const jsonSchema = '{"properties":{"password":{"minLength":10}}}';
    const misfit = { ...event, data: { password: 'short' } };
    fixture.catalogue.apply(eventType('order.created', { jsonSchema, schemaMode: 'enforce' }));
    expect(fixture.handle(misfit).rejection).toEqual({
      reason: 'schema_violation',
      detail: 'data/password must NOT have fewer than 10 characters',
    });
    fixture.catalogue.apply(eventType('order.created', { jsonSchema, schemaMode: 'warn' }));
    expect(fixture.handle(misfit)).toMatchObject({ rejection: null, deliveries: 1, schemaWarning: expect.any(String) });
    fixture.catalogue.apply(eventType('order.created', { jsonSchema, schemaMode: 'off' }));
    expect(fixture.handle(misfit)).toMatchObject({ rejection: null, schemaWarning: null, isDeprecated: false });
    fixture.catalogue.apply(eventType('order.created', { deprecated: true }));
    expect(fixture.handle(misfit)).toMatchObject({ rejection: null, deliveries: 1, isDeprecated: true });
  });

  test('unparsable, when it is Avro that cannot be read', () => {
    const record = { topic: 'platform.events', partition: 0, offset: 0, timestampMs: now, key: null, headers: {} };
    const handled = new Fixture().handler.handle({ ...record, value: Buffer.from([0, 1]) }, { problem: 'no schema' });
    expect(handled.rejection).toEqual({ reason: 'unparsable', detail: 'no schema' });
  });

  test('for one webhook only, when it is too large in that format', () => {
    const fixture = new Fixture({ payloadBytesMax: 1_000_000 });
    fixture.table.apply(webhookDefinition('w-xml', { format: 'xml' }));
    const { records, deliveries } = fixture.handle({ ...event, data: '&'.repeat(300_000) });
    expect(records.map(({ topic }) => topic)).toEqual(['events', 'deliveries', 'rejected']);
    expect(String(records[2]?.headers?.['detail'])).toContain('w-xml');
    expect(deliveries).toBe(1);
  });
});

describe('a notice', () => {
  const notice = { id: 'n1', type: 'webhook.disabled', clientid: 'acme', data: { webhookId: 'w-1' } };
  const fixture = new Fixture({ unknownEventTypes: 'reject' });
  fixture.table.apply(webhookDefinition('w-1', { eventTypes: ['webhook.*'] }));
  fixture.table.apply(webhookDefinition('w-2', { eventTypes: ['webhook.disabled'] }));
  fixture.table.apply(webhookDefinition('w-3', { clientId: 'beta', eventTypes: ['webhook.*'] }));

  test('goes to those who asked for notices, but never to the webhook that it is about', () => {
    expect(fixture.handle(notice, { topic: topics.notices }).to.map(({ webhookId }) => webhookId)).toEqual(['w-2']);
  });
  test('about no webhook goes to all of them', () => {
    const { to } = fixture.handle({ ...notice, data: {} }, { topic: topics.notices });
    expect(to.map(({ webhookId }) => webhookId).sort()).toEqual(['w-1', 'w-2']);
  });
  test('without a client goes to nobody', () => {
    expect(fixture.handle({ ...notice, clientid: undefined }, { topic: topics.notices }).rejection?.reason).toBe(
      'no_audience',
    );
  });
});

describe('an event that costs more than it may', () => {
  const jsonSchema = '{"$ref":"#"}';

  test('to be judged by a schema that is enforced is set aside, and told', () => {
    const fixture = new Fixture();
    fixture.catalogue.apply(eventType('order.created', { jsonSchema, schemaMode: 'enforce' }));
    const { rejection, isSchemaOverBudget, deliveries, defect } = fixture.handle(event);
    expect(rejection).toEqual({ reason: 'schema_violation', detail: expect.stringContaining('1000000 steps') });
    expect({ isSchemaOverBudget, deliveries, defect }).toEqual({
      isSchemaOverBudget: true,
      deliveries: 0,
      defect: null,
    });
  });

  test('to be judged by one that warns goes out with a warning', () => {
    const fixture = new Fixture();
    fixture.catalogue.apply(eventType('order.created', { jsonSchema, schemaMode: 'warn' }));
    const { schemaWarning, isSchemaOverBudget, deliveries } = fixture.handle(event);
    expect(schemaWarning).toContain('1000000 steps');
    expect({ isSchemaOverBudget, deliveries }).toEqual({ isSchemaOverBudget: true, deliveries: 1 });
  });

  test('for the filters of its client reaches those that were judged; the others are named', () => {
    const fixture = new Fixture({ payloadBytesMax: 100_000 });
    const ids = Array.from({ length: 200 }, (_, n) => `w-costly-${n}`);
    ids.forEach((id, n) => {
      fixture.table.apply(webhookDefinition(id, { filter: `{"data.list":{"$nin":[${n + 1}]}}` }));
    });
    const { to, filtersOverBudget } = fixture.handle({
      ...event,
      data: { list: Array.from({ length: 10_000 }, () => 0) },
    });
    // Each looks at 10,003 values, 200 of them its own: 51 fit into 500,000.
    expect(to.map(({ webhookId }) => webhookId)).toEqual(['w-acme', ...ids.slice(0, 51)]);
    expect(filtersOverBudget).toEqual(ids.slice(51));
  });
});

test('#37 a tombstone becomes nothing, and counts apart', () => {
  const fanout = new Fixture();
  const record = {
    topic: 'platform.events',
    partition: 0,
    offset: 0,
    timestampMs: now,
    key: null,
    value: null,
    headers: {},
  };
  expect(fanout.handler.handle(record, null)).toMatchObject({ records: [], rejection: null, nothingOf: 'tombstone' });
  const headers = { ce_id: Buffer.from('e'), ce_type: Buffer.from('order.created'), ce_clientid: Buffer.from('acme') };
  expect(fanout.handler.handle({ ...record, headers }, null)).toMatchObject({ nothingOf: null, deliveries: 1 });
});

describe('a copy of an event', () => {
  const window = { windowMs: 600_000, eventsMax: 1_000 };

  test('becomes a record that says so, and no delivery; the same record read again becomes all of it', () => {
    const fixture = new Fixture({ copies: new CopyMemory(window) });
    const first = fixture.handle(event);
    const copy = fixture.handle(event, { offset: 8, timestampMs: now + 3_000 });
    const again = fixture.handle(event);
    expect([first, copy, again].map(({ isCopy, deliveries }) => [isCopy, deliveries])).toEqual([
      [false, 1],
      [true, 0],
      [false, 1],
    ]);
    expect(copy.event?.decisions).toMatchObject([
      { webhookId: 'w-acme', decision: 'copy', deliveryId: first.to[0]?.deliveryId },
    ]);
    expect(again.to).toEqual(first.to);
  });

  test('goes to a webhook that was made after the first, once', () => {
    let at = now;
    const fixture = new Fixture({ copies: new CopyMemory(window), now: () => at });
    fixture.handle(event);
    fixture.table.apply(webhookDefinition('w-new'), now + 1);
    at = now + 2;
    const copies = [8, 9].map((offset) => fixture.handle(event, { offset }));
    expect(copies.map(({ to }) => to.map(({ webhookId }) => webhookId))).toEqual([['w-new'], []]);
  });

  test('is none when somebody sent it again from what was rejected', () => {
    const fixture = new Fixture({ copies: new CopyMemory(window) });
    fixture.handle(event);
    const headers = { 'redriven-topic': Buffer.from('platform.events') };
    expect(fixture.handle(event, { offset: 8, headers })).toMatchObject({ isCopy: false, deliveries: 1 });
  });

  test('of one that was rejected is none', () => {
    const fixture = new Fixture({ copies: new CopyMemory(window), unknownEventTypes: 'reject' });
    expect(fixture.handle(event).rejection?.reason).toBe('unknown_event_type');
    fixture.catalogue.apply(eventType('order.created'));
    expect(fixture.handle(event, { offset: 8 })).toMatchObject({ isCopy: false, deliveries: 1 });
  });
});
