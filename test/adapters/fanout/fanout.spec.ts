/** Fanout as a process, on real Kafka and a real registry: what it reads, what it writes, what survives a kill. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Delivery } from '../../../libs/domain/delivery/delivery.ts';
import type { EventType } from '../../../libs/domain/event/event-type.ts';
import { deliveryIdOf } from '../../../libs/domain/ids.ts';
import type { WebhookDefinition } from '../../../libs/domain/webhook/webhook.ts';
import type { WebhookEvent } from '../../../libs/domain/event/webhook-event.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { startSystem, type System } from '../../support/app-harness.ts';
import { scrape } from '../../../stack/scrape.ts';
import type { RawRecord } from '../../support/system-topics.ts';
import { until } from '../../support/until.ts';
import { webhookDefinition } from '../../support/webhook-definition.ts';

let system: System;
let definitions: AvroCodec<WebhookDefinition>;
let eventTypes: AvroCodec<EventType>;
let events: AvroCodec<WebhookEvent>;
let deliveries: AvroCodec<Delivery>;

beforeAll(async () => {
  // Definitions are there before the app is: it must know them before it takes its first event.
  system = await startSystem({ apps: [] });
  const registry = new Registry({
    url: system.env['SCHEMA_REGISTRY_URL'] ?? '',
    username: null,
    password: null,
    topicPrefix: system.env['TOPIC_PREFIX'] ?? '',
  });
  definitions = await registry.codec(topics.definitions);
  eventTypes = await registry.codec(topics.eventTypes);
  events = await registry.codec(topics.webhookEvents);
  deliveries = await registry.codec(topics.deliveries);
  await define(webhook('w-acme', 'acme'), webhook('w-acme-2', 'acme', { filter: '{"data.amount":{"$gte":100}}' }));
  await define(webhook('w-beta', 'beta', { isActive: false }), webhook('w-gone', 'acme'));
  await system.publishRaw([{ key: 'w-gone', value: null }], { topic: 'webhook.definitions' });
  await catalogue(eventType('news.published', { audience: 'broadcast' }));
  await system.publish([{ id: 'before', type: 'order.created', clientid: 'acme', data: { amount: 100 } }]);
  await system.startAll(['fanout'], {});
}, 180_000);

afterAll(async () => {
  await system.stop();
}, 60_000);

function webhook(id: string, clientId: string, more: Partial<WebhookDefinition> = {}): WebhookDefinition {
  return webhookDefinition(id, { clientId, updatedAt: Date.now(), ...more });
}

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
    updatedAt: Date.now(),
    ...more,
  };
}

function define(...list: WebhookDefinition[]): Promise<void> {
  const records = list.map((definition) => ({ key: definition.id, value: definitions.encode(definition) }));
  return system.publishRaw(records, { topic: 'webhook.definitions' });
}

function catalogue(...list: EventType[]): Promise<void> {
  const records = list.map((entry) => ({ key: entry.type, value: eventTypes.encode(entry) }));
  return system.publishRaw(records, { topic: 'webhook.event-types' });
}

async function decoded<T>(topic: string, codec: AvroCodec<T>): Promise<(T & { readonly key: string | null })[]> {
  const records = await system.records(topic);
  const values = records.flatMap(({ key, value }) => (value === null ? [] : [{ key, value }]));
  return Promise.all(values.map(async ({ key, value }) => ({ ...(await codec.decodeAsync(value)), key })));
}

async function eventOf(id: string): Promise<WebhookEvent> {
  let found: WebhookEvent | undefined;
  await until(
    async () => {
      found = (await decoded('webhook.events', events)).find(({ eventId }) => eventId === id);
      return found !== undefined;
    },
    { timeoutMs: 20_000, everyMs: 250, what: `the event ${id} on webhook.events` },
  );
  if (found === undefined) throw new Error('unreachable');
  return found;
}

async function rejectionOf(name: string, value: string): Promise<string | undefined> {
  let reason: string | undefined;
  await until(
    async () => {
      const rejected = await system.records('platform.events.rejected');
      reason = rejected.find(({ headers }) => headers[name]?.toString() === value)?.headers['reason']?.toString();
      return reason !== undefined;
    },
    { timeoutMs: 20_000, everyMs: 250, what: `a rejection with ${name} ${value}` },
  );
  return reason;
}

test('an event that waited for fanout meets a complete table', async () => {
  const event = await eventOf('before');
  expect(event.decisions.map(({ webhookId, decision }) => [webhookId, decision]).sort()).toEqual([
    ['w-acme', 'matched'],
    ['w-acme-2', 'matched'],
  ]);
  const own = (await decoded('webhook.deliveries', deliveries)).filter(({ eventId }) => eventId === 'before');
  expect(own.map(({ key, webhookId }) => [key, webhookId]).sort()).toEqual([
    ['w-acme', 'w-acme'],
    ['w-acme-2', 'w-acme-2'],
  ]);
  for (const { deliveryId, webhookId } of own) expect(deliveryId).toBe(deliveryIdOf('before', webhookId));
  const body = JSON.parse(own[0]?.body.toString() ?? '') as object;
  expect(body).toMatchObject({
    id: 'before',
    type: 'order.created',
    data: { amount: 100 },
    metadata: { clientId: 'acme' },
  });
}, 60_000);

describe('events come in', () => {
  test('in binary mode', async () => {
    const headers = {
      ce_id: 'binary',
      ce_type: 'order.created',
      ce_clientid: 'acme',
      'content-type': 'application/json',
    };
    await system.publishRaw([{ value: '{ "amount": 1.50 }', headers }]);
    const event = await eventOf('binary');
    expect(event.data.toString()).toBe('{ "amount": 1.50 }');
    expect(event.decisions.map(({ decision }) => decision).sort()).toEqual(['filtered', 'matched']);
  }, 60_000);

  test('as Avro of a schema of their own, and no digit is lost', async () => {
    const client = new SchemaRegistry({ host: system.env['SCHEMA_REGISTRY_URL'] ?? '' });
    const schema = JSON.stringify({
      type: 'record',
      name: 'Order',
      namespace: 'shop',
      fields: [
        { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 2 } },
        { name: 'note', type: ['null', 'string'], default: null },
      ],
    });
    const subject = `${system.env['TOPIC_PREFIX'] ?? ''}orders-value`;
    const { id } = await client.register({ type: SchemaType.AVRO, schema }, { subject });
    const value = await client.encode(id, { amount: Buffer.from('7fffffffffffffff', 'hex'), note: 'ü' });
    const headers = { ce_id: 'avro', ce_type: 'order.created', ce_clientid: 'acme' };
    await system.publishRaw([{ value, headers }]);
    const event = await eventOf('avro');
    expect(event.data.toString()).toBe('{"amount":92233720368547758.07,"note":"ü"}');
  }, 60_000);

  test('for everyone, when their type is a broadcast', async () => {
    await system.publish([{ id: 'news', type: 'news.published', data: {} }]);
    const event = await eventOf('news');
    expect(event.clientId).toBeNull();
    expect(event.decisions.map(({ webhookId, decision }) => [webhookId, decision]).sort()).toEqual([
      ['w-acme', 'matched'],
      ['w-acme-2', 'filtered'],
      ['w-beta', 'disabled'],
    ]);
  }, 60_000);
});

test('what cannot be an event is set aside as it came, and the stream goes on', async () => {
  const avro = (id: number) =>
    Buffer.concat([Buffer.from([0]), Buffer.from(Uint32Array.of(id).buffer).swap32(), Buffer.from('x')]);
  const ce = { ce_id: 'x', ce_type: 'order.created', ce_clientid: 'acme' };
  const poison: Record<string, RawRecord & { reason: string }> = {
    garbage: { reason: 'unparsable', value: Buffer.from([0xff, 0x00, 0x80]) },
    empty: { reason: 'unparsable', value: Buffer.alloc(0) },
    quoted: { reason: 'invalid_attribute', value: 'null', headers: { ...ce, ce_clientID: 'beta' } },
    schemaElsewhere: {
      reason: 'unparsable',
      value: avro(1),
      headers: { ...ce, 'apicurio.value.globalId': '\0\0\0\0\0\0\0\x01' },
    },
    idless: { reason: 'missing_id', value: '{"type":"order.created","clientid":"acme"}' },
    audience: { reason: 'no_audience', value: '{"id":"x","type":"order.created"}' },
    large: { reason: 'payload_too_large', value: Buffer.alloc(300 * 1024, 32) },
    avro: { reason: 'unparsable', value: avro(2_000_000_000), headers: ce },
    negative: { reason: 'unparsable', value: avro(0xffff0000), headers: ce },
  };
  const records = Object.entries(poison).map(([name, { value, headers }]) => ({
    value,
    headers: { ...headers, case: name },
    key: 'same',
  }));
  await system.publishRaw([...records, { key: 'same', value: null }]);
  await system.publish([{ id: 'after-poison', type: 'order.created', clientid: 'acme' }], { key: 'same' });
  await eventOf('after-poison');
  for (const [name, { reason }] of Object.entries(poison)) {
    expect([name, await rejectionOf('case', name)]).toEqual([name, reason]);
  }
  // A key that was deleted is no event, and nothing that operators have to look at.
  expect(await scrape(system.url('fanout'), 'webhooks_tombstones_skipped_total')).toBe(1);
  const rejected = await system.records('platform.events.rejected');
  for (const [name, { value }] of Object.entries(poison)) {
    const record = rejected.find(({ headers }) => headers['case']?.toString() === name);
    expect(record?.key).toBe('same');
    expect(record?.value?.toString('hex') ?? null).toBe(value === null ? null : Buffer.from(value).toString('hex'));
    expect(record?.headers['source-topic']?.toString()).toBe(`${system.env['TOPIC_PREFIX'] ?? ''}platform.events`);
  }
}, 90_000);

test('a schema is for people, warns or is enforced, as its event type says', async () => {
  const jsonSchema = '{"type":"object","required":["total"]}';
  const modes = ['off', 'warn', 'enforce'] as const;
  const known = () => scrape(system.url('fanout'), 'webhooks_known_event_types');
  const before = await known();
  await catalogue(...modes.map((schemaMode) => eventType(`mode.${schemaMode}`, { jsonSchema, schemaMode })));
  await until(async () => (await known()) === before + modes.length, { timeoutMs: 5_000, everyMs: 50 });
  const misfit = (mode: string) => ({ id: `misfit-${mode}`, type: `mode.${mode}`, clientid: 'acme', data: {} });
  await system.publish(modes.map(misfit));
  await system.publish([{ ...misfit('enforce'), id: 'fits-enforce', data: { total: 1 } }]);
  for (const id of ['misfit-off', 'misfit-warn', 'fits-enforce']) {
    expect((await eventOf(id)).decisions).toContainEqual(expect.objectContaining({ decision: 'matched' }));
  }
  expect(await rejectionOf('reason', 'schema_violation')).toBe('schema_violation');
  const all = await decoded('webhook.events', events);
  expect(all.filter(({ eventId }) => eventId === 'misfit-enforce')).toEqual([]);
}, 60_000);

test('a definition is in force within a second, and so is its end', async () => {
  const known = () => scrape(system.url('fanout'), 'webhooks_known_webhooks');
  const before = await known();
  await define(webhook('w-new', 'gamma'));
  await until(async () => (await known()) === before + 1, { timeoutMs: 1_000, everyMs: 20 });
  await system.publish([{ id: 'live', type: 'order.created', clientid: 'gamma' }]);
  expect((await eventOf('live')).decisions).toMatchObject([{ webhookId: 'w-new', decision: 'matched' }]);
  await system.publishRaw([{ key: 'w-new', value: null }], { topic: 'webhook.definitions' });
  await until(async () => (await known()) === before, { timeoutMs: 1_000, everyMs: 20 });
}, 60_000);

test('notices go to who asked for them, and never to the webhook that they are about', async () => {
  await define(
    webhook('w-n1', 'delta', { eventTypes: ['webhook.*'] }),
    webhook('w-n2', 'delta', { eventTypes: ['webhook.*'] }),
  );
  const known = () => scrape(system.url('fanout'), 'webhooks_known_webhooks');
  await until(async () => (await known()) >= 5, { timeoutMs: 5_000 });
  const notice = { id: 'notice', type: 'webhook.disabled', clientid: 'delta', data: { webhookId: 'w-n1' } };
  await system.publish([notice], { topic: 'webhook.notices' });
  expect((await eventOf('notice')).decisions).toMatchObject([{ webhookId: 'w-n2', decision: 'matched' }]);
}, 60_000);

test('killed in mid-stream it loses nothing, and makes the same deliveries again', async () => {
  const count = 3_000;
  const known = () => scrape(system.url('fanout'), 'webhooks_known_webhooks');
  const before = await known();
  await define(webhook('w-kill', 'kill'));
  // An event that comes before the definition is known goes to nobody, as it should: that is not what is told here.
  await until(async () => (await known()) === before + 1, { timeoutMs: 5_000, everyMs: 20 });
  const ids = Array.from({ length: count }, (_, index) => `kill-${index}`);
  const publishing = system.publish(
    ids.map((id) => ({ id, type: 'order.created', clientid: 'kill', data: { text: 'x'.repeat(500) } })),
  );
  await until(async () => (await scrape(system.url('fanout'), 'webhooks_events_accepted_total')) > 100, {
    timeoutMs: 20_000,
  });
  await system.kill('fanout', 'SIGKILL');
  await publishing;
  await system.start('fanout');
  let own: (Delivery & { key: string | null })[] = [];
  const decided = async () => {
    const all = (await decoded('webhook.events', events)).filter(({ clientId }) => clientId === 'kill');
    return new Set(all.map(({ eventId }) => eventId)).size === count;
  };
  await until(decided, { timeoutMs: 60_000, everyMs: 500, what: 'every event of the stream is on webhook.events' });
  await until(
    async () => {
      own = (await decoded('webhook.deliveries', deliveries)).filter(({ clientId }) => clientId === 'kill');
      return new Set(own.map(({ eventId }) => eventId)).size === count;
    },
    { timeoutMs: 30_000, everyMs: 500, what: 'every event of the stream has become a delivery' },
  );
  expect(new Set(own.map(({ deliveryId }) => deliveryId)).size).toBe(count);
  expect(own.length).toBeLessThan(2 * count);
}, 180_000);

test('told to stop, it leaves nothing to do again', async () => {
  const before = await system.records('webhook.events');
  await system.kill('fanout', 'SIGTERM');
  await system.start('fanout');
  await system.publish([{ id: 'last', type: 'order.created', clientid: 'acme' }]);
  await eventOf('last');
  expect(await system.records('webhook.events')).toHaveLength(before.length + 1);
}, 90_000);
