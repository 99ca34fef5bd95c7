/** What the API writes to Kafka because somebody asks: events, tests, pings. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { pingDelivery } from '../../../libs/domain/delivery/direct-delivery.ts';
import { settleAttempt } from '../../../libs/domain/delivery/settle.ts';
import type { Delivery } from '../../../libs/domain/delivery/delivery.ts';
import { PublishedEventStore } from '../../../libs/postgres/history/published-event-store.ts';
import { contentHashOf } from '../../../apps/management-api/events/platform-event.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { traced } from './statement-trace.ts';
import { followTopic } from './topic-reader.ts';

type Reader = Awaited<ReturnType<typeof followTopic>>;

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let platform: Reader;
let deliveries: Reader;
let events: Reader;
let publisherKey: string;

beforeAll(async () => {
  world = await startWorld({ MAX_PAYLOAD_SIZE_KB: '8' });
  ann = await newClient(world, 'Ann');
  [platform, deliveries, events] = await Promise.all([
    followTopic(world, 'platform.events'),
    followTopic(world, 'webhook.deliveries'),
    followTopic(world, 'webhook.events'),
  ]);
  const key = await world.ask(`POST /v1/clients/${ann.id}/api-keys`, { body: { name: 'p', role: 'publisher' } });
  publisherKey = String(key.body['key']);
}, 120_000);

afterAll(async () => {
  await Promise.all([platform.stop(), deliveries.stop(), events.stop()]);
  await world.close();
});

const publish = (body: unknown, key = world.adminKey) => world.ask('POST /v1/events', { body, key });
const rules = (body: Record<string, unknown>) =>
  (body['errors'] as { path: string; rule: string }[]).map(({ path, rule }) => `${path} ${rule}`);

describe('publishing', () => {
  test('answers when Kafka has the event, as a CloudEvent keyed by its client', async () => {
    const id = randomUUID();
    const event = { id, type: 'order.created', time: '2026-03-14T09:26:53Z', subject: 'o-1', data: { a: 1 } };
    const answer = await publish({ ...event, clientId: ann.id });
    expect(answer).toMatchObject({ status: 202, body: { accepted: [{ id }] } });
    const all = await platform.until((values) => values.some((value) => value['id'] === id));
    expect(all.find((value) => value['id'] === id)).toEqual({
      $key: ann.id,
      specversion: '1.0',
      source: '/v1/events',
      datacontenttype: 'application/json',
      clientid: ann.id,
      ...event,
    });
    const record = platform.records.find(({ value }) => value?.includes(id));
    expect(record?.headers['content-type']?.toString()).toMatch(/^application\/cloudevents\+json/);
  });

  test('#17 takes CloudEvents as they are on Kafka: structured, batched, binary', async () => {
    const post = (type: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
      world.ask('POST /v1/events', { body, headers: { 'content-type': type, ...headers } });
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    const event = { specversion: '1.0', source: '/orders', type: 'order.created', clientid: ann.id, data: { n: 1 } };
    const structured = await post('application/cloudevents+json', JSON.stringify({ ...event, id: one, time: 'soon' }));
    expect(structured.body).toMatchObject({ accepted: [{ id: one, warnings: [{ code: 'time_unread' }] }] });
    const batch = (events: readonly object[]) => post('application/cloudevents-batch+json', JSON.stringify(events));
    expect((await batch([{ ...event, id: two }])).body).toEqual({ accepted: [{ id: two }] });
    const binary = { 'ce-specversion': '1.0', 'ce-type': 'order.created', 'ce-source': '/orders' };
    const named = { ...binary, 'ce-id': three, 'ce-clientid': ann.id, 'ce-subject': '%E2%82%AC' };
    const headers = { ...named, 'idempotency-key': three };
    expect((await post('text/plain', 'paid', headers)).body).toEqual({ accepted: [{ id: three }] });
    expect((await post('text/plain', 'paid', { ...headers, 'ce-id': one })).body).toMatchObject({
      code: 'idempotency_key_reused',
    });
    const ids = new Set<unknown>([one, two, three]);
    const all = await platform.until((values) => values.filter(({ id }) => ids.has(id)).length === 3);
    const written = all.filter(({ id }) => ids.has(id));
    expect(written.map(({ source, clientid, data }) => [source, clientid, data])).toEqual([
      ['/orders', ann.id, { n: 1 }],
      ['/orders', ann.id, { n: 1 }],
      ['/orders', ann.id, 'paid'],
    ]);
    expect(written[2]).toMatchObject({ subject: '€', $key: ann.id });
    const refused = await batch([
      { ...event, id: '' },
      { ...event, id: 'x', clientId: ann.id, clientid: 'other' },
      { ...event, id: 'y', clientid: undefined },
      { ...event, id: 'z', specversion: '2.0' },
    ]);
    expect(refused.status).toBe(422);
    expect(rules(refused.body).sort()).toEqual([
      '/0/id missing_id',
      '/1 invalid_attribute',
      '/2/clientid audience',
      '/3/specversion unsupported_version',
    ]);
    expect((await batch([])).status).toBe(422);
    expect((await post('application/cloudevents+avro', '{}', headers)).status).toBe(415);
    expect((await post('text/plain', 'paid')).status).toBe(415);
    const broken = await post('application/cloudevents-batch+json', '[{},\n {"id" 1}]');
    expect(broken.body).toMatchObject({ code: 'malformed_json', detail: 'The body is not JSON: line 2, column 8.' });
  });

  test('passes the trace of its request on, and does not mind one that is none', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = async (header: string) => {
      const id = randomUUID();
      const body = { id, type: 'traced', clientId: ann.id };
      const { status } = await world.ask('POST /v1/events', { body, headers: { traceparent: header } });
      expect(status).toBe(202);
      await platform.until((values) => values.some((value) => value['id'] === id));
      const record = platform.records.find(({ value }) => value?.includes(id));
      return record?.headers['traceparent']?.toString();
    };
    expect(await traced(traceparent)).toBe(traceparent);
    expect(await traced(traceparent.toUpperCase())).toBeUndefined();
    expect(await traced(`${traceparent}, ${traceparent}`)).toBeUndefined();
  });

  test('takes a list in order, and makes ids where there are none', async () => {
    const answer = await publish(
      Array.from({ length: 500 }, (_, no) => ({ type: 'list.of', clientId: ann.id, data: { no } })),
    );
    expect(answer.status).toBe(202);
    const ids = (answer.body['accepted'] as { id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(500);
    const all = await platform.until((values) => values.filter((value) => value['type'] === 'list.of').length === 500);
    const listed = all.filter((value) => value['type'] === 'list.of');
    expect(listed.map((value) => value['id'])).toEqual(ids);
    expect(listed.map((value) => (value['data'] as { no: number }).no)).toEqual(ids.map((_, no) => no));
  });

  test('takes a list of several megabytes, which is read in steps, like a small one', async () => {
    const text = 'é'.repeat(3_900);
    const list = Array.from({ length: 500 }, (_, no) => ({ type: 'large.list', clientId: ann.id, data: { no, text } }));
    const answer = await publish(list);
    expect(answer.status).toBe(202);
    const ids = (answer.body['accepted'] as { id: string }[]).map(({ id }) => id);
    const all = await platform.until((values) => values.filter(({ type }) => type === 'large.list').length === 500);
    const listed = all.filter(({ type }) => type === 'large.list');
    expect(listed.map(({ id }) => id)).toEqual(ids);
    expect(listed.at(-1)?.['data']).toEqual({ no: 499, text });
    const body = JSON.stringify(list);
    expect(await publish(`${body.slice(0, -1)},{]`)).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
    expect(await publish([...list, list[0]])).toMatchObject({ status: 422 });
    expect(await publish({ type: 'a', clientId: ann.id, data: body })).toMatchObject({ status: 413 });
  });

  test('passes numbers on as they were written', async () => {
    const id = randomUUID();
    await publish(`{"id":"${id}","type":"a","clientId":"${ann.id}","data":{"big":12345678901234567890}}`);
    await platform.until((values) => values.some((value) => value['id'] === id));
    expect(platform.records.find(({ value }) => value?.includes(id))?.value?.toString()).toContain(
      '{"big":12345678901234567890}',
    );
  });

  test('without a client is for broadcasts only', async () => {
    const type = `news.${randomUUID()}`;
    expect(rules((await publish({ type })).body)).toEqual(['/clientId audience']);
    await world.ask(`PUT /v1/event-types/${type}`, { body: { audience: 'broadcast' } });
    expect((await publish([{ type }])).status).toBe(202);
  });

  test('refuses data that an enforced schema does not let through, and says where', async () => {
    const type = `shop.${randomUUID()}`;
    const jsonSchema = { type: 'object', properties: { n: { type: 'integer' }, lines: { items: { type: 'object' } } } };
    const catalogue = (schemaMode: string, more: object = {}) =>
      world.ask(`PUT /v1/event-types/${type}`, { body: { jsonSchema, schemaMode, ...more } });
    const event = (data: unknown) => ({ type, clientId: ann.id, data });
    await catalogue('enforce');
    const refused = await publish([event({ n: 1 }), event({ n: 1, lines: [{}, 7] })]);
    expect([refused.status, rules(refused.body)]).toEqual([422, ['/1/data/lines/1 jsonSchema']]);
    expect(refused.text).toContain('data/lines/1 must be object');
    const big = `{"type":"${type}","clientId":"${ann.id}","data":{"n":123456789012345678901234567890}}`;
    expect((await publish(big)).status).toBe(202);
    expect((await publish({ type, clientId: ann.id })).status).toBe(422);
    await catalogue('warn', { deprecated: true });
    const warned = (await publish([event({ n: 1 }), { ...event({ n: 'x' }), clientId: 'nobody' }])).body['accepted'];
    const codes = (warned as { warnings: { code: string; message: string }[] }[]).map(({ warnings }) => warnings);
    expect(codes.map((some) => some.map(({ code }) => code))).toEqual([
      ['deprecated_event_type'],
      ['deprecated_event_type', 'unknown_client', 'schema_mismatch'],
    ]);
    expect(codes[1]?.[2]?.message).toContain('data/n must be integer');
    // An entry made anew begins with version 1 again: it is not taken for the one before.
    await world.ask(`DELETE /v1/event-types/${type}`);
    await world.ask(`PUT /v1/event-types/${type}`, { body: { jsonSchema: { type: 'string' }, schemaMode: 'enforce' } });
    expect(rules((await publish(event({ n: 1 }))).body)).toEqual(['/data jsonSchema']);
    expect((await publish(event('x'))).status).toBe(202);
  });

  test('takes a list as a whole or not at all', async () => {
    const marker = randomUUID();
    const answer = await publish([{ id: marker, type: 'a', clientId: ann.id }, { type: 'a' }, { typ: 'a' }]);
    expect([answer.status, rules(answer.body)]).toEqual([422, ['/2/type required', '/2/typ unknown']]);
    const second = await publish([{ id: marker, type: 'a', clientId: ann.id }, { type: 'a' }]);
    expect([second.status, rules(second.body)]).toEqual([422, ['/1/clientId audience']]);
    expect(platform.records.some(({ value }) => value?.includes(marker))).toBe(false);
  });

  test('refuses an event that is too large', async () => {
    const answer = await publish([
      { type: 'a', clientId: ann.id },
      { type: 'a', clientId: ann.id, data: 'x'.repeat(8200) },
    ]);
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    expect(answer.body['detail']).toContain('/1');
  });

  test('with the key of a client reaches that client only', async () => {
    expect((await publish({ type: 'a' }, publisherKey)).status).toBe(202);
    expect((await publish({ type: 'a', clientId: ann.id }, publisherKey)).status).toBe(202);
    expect(rules((await publish({ type: 'a', clientId: 'other' }, publisherKey)).body)).toEqual(['/clientId exists']);
    expect((await publish({ type: 'a', clientId: ann.id }, ann.key)).status).toBe(403);
  });
});

describe('an event with an id of its producer', () => {
  const seen = async (marker: string, count: number) => {
    const isMine = (value: Record<string, unknown>) => String(value['id']).startsWith(marker);
    const all = await platform.until((values) => values.filter(isMine).length >= count);
    return all.filter(isMine);
  };
  const database = async (sql: string, values: unknown[]) => {
    const client = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await client.connect();
    await client.query(sql, values);
    await client.end();
  };

  test('is published once a day for a client, however often and in whatever list it comes', async () => {
    const id = randomUUID();
    const bob = await newClient(world, 'Bob');
    const event = { id, type: 'order.created', clientId: ann.id, data: 1 };
    const accepted = { status: 202, body: { accepted: [{ id }] } };
    expect(await publish(event)).toMatchObject(accepted);
    expect(await publish({ data: 1, clientId: ann.id, type: 'order.created', id })).toMatchObject(accepted);
    const list = [event, { ...event, id: `${id}-b` }, { ...event, id: `${id}-b` }, { ...event, clientId: bob.id }];
    expect((await publish(list)).body).toEqual({ accepted: list.map((one) => ({ id: one.id })) });
    await publish({ ...event, id: `${id}-last` });
    expect((await seen(id, 4)).map((one) => [one['id'], one['clientid'], one['data']])).toEqual(
      expect.arrayContaining([
        [id, ann.id, 1],
        [`${id}-b`, ann.id, 1],
        [id, bob.id, 1],
        [`${id}-last`, ann.id, 1],
      ]),
    );
    expect(await seen(id, 4)).toHaveLength(4);
    await database("update published_event set expires_at = now() - interval '1 s' where event_id = $1", [id]);
    await publish({ ...event, data: 4 });
    expect((await seen(id, 5)).at(-1)).toMatchObject({ id, data: 4 });
  });

  test('#5 is refused when its id was published with other content, and is another event in another source', async () => {
    const id = randomUUID();
    const event = { id, type: 'order.created', clientId: ann.id, source: '/orders', data: { n: 1, m: 2 } };
    expect((await publish(event)).status).toBe(202);
    expect((await publish({ ...event, data: { m: 2, n: 1 } })).status).toBe(202);
    const reused = { status: 422, body: { code: 'event_id_reused' } };
    expect(await publish({ ...event, data: { n: 2 } })).toMatchObject(reused);
    expect(await publish({ ...event, type: 'payment.made' })).toMatchObject(reused);
    const list = await publish([
      { ...event, id: `${id}-b` },
      { ...event, id: `${id}-b`, data: 3 },
    ]);
    expect(list).toMatchObject(reused);
    expect(list.body['detail']).toContain('/1');
    expect((await publish({ ...event, source: '/payments', type: 'payment.made', data: { n: 2 } })).status).toBe(202);
    expect((await publish({ ...event, source: undefined })).status).toBe(202);
    expect((await seen(id, 3)).map(({ source, type }) => [source, type]).sort()).toEqual([
      ['/orders', 'order.created'],
      ['/payments', 'payment.made'],
      ['/v1/events', 'order.created'],
    ]);
  });

  test('whose first try died is published by the next one, with the time of the first', async () => {
    const id = randomUUID();
    const time = '2026-11-24T10:00:00Z';
    const store = world.app.get(PublishedEventStore);
    const contentHash = contentHashOf({ id, type: 'order.created', clientId: ann.id });
    await store.claim([{ owner: ann.id, eventId: id, time, contentHash }], 'somebody');
    const early = await publish({ id, type: 'order.created', clientId: ann.id });
    expect(early).toMatchObject({
      status: 409,
      body: { code: 'idempotency_in_progress' },
      headers: { 'retry-after': '1' },
    });
    await database("update published_event set claimed_at = now() - interval '31 s' where event_id = $1", [id]);
    expect((await publish({ id, type: 'order.created', clientId: ann.id })).status).toBe(202);
    expect(await seen(id, 1)).toMatchObject([{ id, time }]);
  });

  test.each([
    ['other content has the time of its own', 'other', false],
    ['what a version before hashes wrote may be the same, and keeps its time', null, true],
  ])('whose first try was refused: %s', async (_name, hash, keepsTime) => {
    const [id, first, second] = [randomUUID(), '2026-11-24T10:00:00Z', '2026-11-25T10:00:00Z'];
    const store = world.app.get(PublishedEventStore);
    const refused = { owner: ann.id, eventId: id, time: first, contentHash: 'other' };
    await store.claim([refused], 'somebody');
    await store.release([refused], 'somebody');
    await database('update published_event set content_hash = $2 where event_id = $1', [id, hash]);
    expect((await publish({ id, type: 'order.created', clientId: ann.id, time: second })).status).toBe(202);
    expect(await seen(id, 1)).toMatchObject([{ id, time: keepsTime ? first : second }]);
  });

  test('whose source is as long as it may be is published once', async () => {
    const event = { id: randomUUID(), type: 'order.created', clientId: ann.id, source: '注'.repeat(2_048) };
    for (let times = 0; times < 2; times += 1) expect((await publish(event)).status).toBe(202);
    await publish({ ...event, id: `${event.id}-last` });
    expect((await seen(event.id, 2)).map(({ id }) => id)).toEqual([event.id, `${event.id}-last`]);
  });

  test('#19 shares its statements with those that are published at the same time', async () => {
    const ids = Array.from({ length: 64 }, () => randomUUID());
    const event = { type: 'order.created', clientId: ann.id };
    const { answer: answers, statements } = await traced(() =>
      Promise.all([...ids, ids[0]].map((id) => publish({ ...event, id }, publisherKey))),
    );
    const repeated = answers.pop();
    expect(answers.map(({ status, body }) => [status, body])).toEqual(ids.map((id) => [202, { accepted: [{ id }] }]));
    // The same at the same time is published by one of them; the other is told so, or to wait.
    expect([202, 409]).toContain(repeated?.status);
    // One for each of key, catalogue, claim and acknowledgement took four a request.
    expect(statements.length).toBeLessThanOrEqual(ids.length / 2);
    expect((await seen(ids[0] ?? '', 1)).length).toBe(1);
    for (const id of ids) await seen(id, 1);
  });

  test('#19 that PostgreSQL cannot hold fails alone', async () => {
    const store = world.app.get(PublishedEventStore);
    const events = ['a', 'b\u0000', 'c'].map((name) => ({
      owner: ann.id,
      eventId: `${randomUUID()}-${name}`,
      time: '2026-11-24T10:00:00Z',
      contentHash: name,
    }));
    const claims = await Promise.allSettled(events.map((one, index) => store.claim([one], `request ${index}`)));
    expect(claims.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const claimed = events.filter((_, index) => index !== 1);
    await Promise.all(claimed.map((one, index) => store.acknowledge([one], `request ${index * 2}`)));
    const again = await Promise.all(claimed.map((one, index) => store.claim([one], `repeat ${index}`)));
    expect(again.map(([claim]) => claim?.kind)).toEqual(['published', 'published']);
  });

  test('that was refused can be published at once', async () => {
    const id = randomUUID();
    const event = { id, type: 'a', clientId: ann.id };
    expect((await publish({ ...event, data: 'x'.repeat(8200) })).status).toBe(413);
    expect((await publish(event)).status).toBe(202);
  });
});

describe('a test event', () => {
  test('becomes an event with its decision and a delivery, masked like any other', async () => {
    const { id } = await newWebhook(world, ann.key, { eventTypes: ['order.*', 'order.paid'] });
    const body = { eventType: 'demo.thing', data: { a: 1, password: 'hush', card: { no: '4111' } } };
    await world.ask('PUT /v1/event-types/demo.thing', { body: { sensitivePaths: ['card.no'] } });
    const answer = await world.ask(`POST /v1/webhooks/${id}/test-events`, { body, key: ann.key });
    expect(answer.status).toBe(202);
    const { deliveryId, eventId } = answer.body as { deliveryId: string; eventId: string };
    const [delivery] = (await deliveries.until((all) => all.some((one) => one['deliveryId'] === deliveryId))).filter(
      (one) => one['deliveryId'] === deliveryId,
    );
    expect(delivery).toMatchObject({
      $key: id,
      webhookId: id,
      eventId,
      kind: 'test',
      trigger: 'first',
      round: '',
      attempt: 1,
    });
    expect(JSON.parse(String(delivery?.['body']))).toMatchObject({
      type: 'demo.thing',
      data: { a: 1, password: '********', card: { no: '********' } },
      metadata: { webhookId: id, deliveryId, clientId: ann.id },
    });
    const [event] = (await events.until((all) => all.some((one) => one['eventId'] === eventId))).filter(
      (one) => one['eventId'] === eventId,
    );
    expect(event).toMatchObject({
      kind: 'test',
      clientId: ann.id,
      decisions: [{ webhookId: id, decision: 'matched', deliveryId }],
    });
  });

  test('of no type is of the first one subscribed to, with its example', async () => {
    await world.ask('PUT /v1/event-types/order.paid', { body: { example: { paid: true } } });
    const { id } = await newWebhook(world, ann.key, { eventTypes: ['order.*', 'order.paid'] });
    const { body } = await world.ask(`POST /v1/webhooks/${id}/test-events`, { key: ann.key });
    const all = await deliveries.until((some) => some.some((one) => one['deliveryId'] === body['deliveryId']));
    const delivery = all.find((one) => one['deliveryId'] === body['deliveryId']);
    expect(JSON.parse(String(delivery?.['body']))).toMatchObject({ type: 'order.paid', data: { paid: true } });
  });

  test('of a type that its client does not see is of an unknown one: the example stays hidden', async () => {
    await world.ask('PUT /v1/event-types/early.bird', { body: { example: { secret: true }, visibleTo: [] } });
    const { id } = await newWebhook(world, ann.key, { eventTypes: ['early.bird'] });
    const { body } = await world.ask(`POST /v1/webhooks/${id}/test-events`, { key: ann.key });
    const all = await deliveries.until((some) => some.some((one) => one['deliveryId'] === body['deliveryId']));
    const delivery = all.find((one) => one['deliveryId'] === body['deliveryId']);
    expect(String(delivery?.['body'])).toMatch(/"type":"early.bird"/);
    expect(String(delivery?.['body'])).not.toMatch(/secret/);
  });

  test('that is too large is refused', async () => {
    const { id } = await newWebhook(world, ann.key);
    const answer = await world.ask(`POST /v1/webhooks/${id}/test-events`, {
      body: { data: 'x'.repeat(9000) },
      key: ann.key,
    });
    expect(answer.status).toBe(413);
  });
});

test('a ping is answered with its own outcome', async () => {
  const webhook = await newWebhook(world, ann.key);
  const asked = world.ask(`POST /v1/webhooks/${webhook.id}/health-checks`, { body: {}, key: ann.key });
  const all = await deliveries.until((some) => some.some((one) => one['webhookId'] === webhook.id));
  const ping = all.find((one) => one['webhookId'] === webhook.id) as unknown as Delivery;
  expect(ping).toMatchObject({ kind: 'ping', trigger: 'probe', eventType: 'webhook.ping' });
  const other = pingDelivery({ id: webhook.id, clientId: ann.id, format: 'json' }, 'other', Date.now());
  await answerPing(other, 200);
  await answerPing(ping, 503);
  const answer = await asked;
  const standing = { status: 'healthy', lastSuccessAt: null, consecutiveFailures: 0 };
  expect(answer).toMatchObject({
    status: 200,
    body: {
      ...standing,
      lastFailureAt: answer.body['checkedAt'],
      outcome: 'failed_permanent',
      responseCode: 503,
      latencyMs: 7,
      error: null,
    },
  });
});

/** As the dispatcher would after a POST. */
async function answerPing(delivery: Delivery, code: number): Promise<void> {
  const registry = new Registry({
    url: world.env.SCHEMA_REGISTRY_URL,
    username: null,
    password: null,
    topicPrefix: world.env.TOPIC_PREFIX,
  });
  const codec = await registry.codec(topics.outcomes);
  const now = Date.now();
  const { outcome } = settleAttempt({
    delivery,
    policy: { maxAttempts: 1, baseDelayMs: 1000, maxDelayMs: 1000, backoffFactor: 1, jitter: 0 },
    result: { kind: 'answer', code, headers: {}, bodySample: Buffer.alloc(0), bodyTruncated: false, latencyMs: 7 },
    requestHeaders: {},
    startedAt: now,
    now,
    random: 0,
  });
  const record = {
    topic: world.env.TOPIC_PREFIX + topics.outcomes.name,
    key: delivery.webhookId,
    value: codec.encode(outcome),
  };
  await world.app.get(RecordSink).append([record]);
}
