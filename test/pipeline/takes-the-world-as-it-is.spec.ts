/** One running system, and what others write and answer: what arrives, what is set aside and why, what is tried again. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka, ConfigResourceTypes, logLevel } from 'kafkajs';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { scrape } from '../../stack/scrape.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { getDelivery, listDeliveries, type TestClient } from '../support/clients.ts';
import { foreignRecords } from '../support/foreign-records.ts';
import { foreignEndpoints, type StartedEndpoint } from '../support/receivers/foreign-endpoints.ts';
import { startNameServer, type NameServer } from '../support/receivers/name-server.ts';
import {
  startReceiver,
  type ReceivedRequest,
  type RecordingReceiver,
} from '../support/receivers/recording-receiver.ts';
import { RegisteredSchemas } from '../support/registered-schemas.ts';
import { until } from '../support/until.ts';

let system: System;
let names: NameServer;
/** By their clients. */
const receivers = new Map<string, RecordingReceiver>();
const endpoints: StartedEndpoint[] = [];
let isSending = false;
let parkedAsked = 0;

const addresses: Readonly<Record<string, readonly string[]>> = {
  'slow.test': ['127.0.0.1', '2606:4700::1111'],
  'half.test': ['127.0.0.9', '127.0.0.1'],
  'hooks.test': ['127.0.0.1'],
  'xn--bcher-kva.test': ['127.0.0.1'],
};

beforeAll(async () => {
  names = await startNameServer((name, _index, type) => {
    if (name === 'parked.test' && type === 'A' && isSending) return [parkedAsked++ === 0 ? '0.0.0.0' : '127.0.0.1'];
    if (name === 'parked.test' || (name === 'nowhere.test' && !isSending)) return type === 'A' ? ['127.0.0.1'] : [];
    return addresses[name]?.filter((address) => address.includes(':') === (type === 'AAAA')) ?? null;
  });
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'management-api'],
    env: { DNS_SERVERS: names.address, SCHEMA_REGISTRY_LONG_IDS: 'globalId', EGRESS_ALLOW: '127.0.0.0/8' },
  });
  const api = system.client();
  for (const id of ['acme', 'beta', '42']) {
    await dataOf(api.POST('/v1/clients', { body: { id, name: id } }));
    const receiver = await startReceiver();
    receivers.set(id, receiver);
    await dataOf(api.POST('/v1/webhooks', { body: { clientId: id, url: receiver.url, eventTypes: ['*'] } }));
  }
  const params = { path: { type: 'news.posted' } };
  await dataOf(api.PUT('/v1/event-types/{type}', { params, body: { audience: 'broadcast' } }));
  await takeAnyTimestamp();
}, 180_000);

afterAll(async () => {
  await Promise.all([...receivers.values(), ...endpoints].map((one) => one.close()));
  await system.stop();
  await names.close();
}, 60_000);

/** As brokers before 4.0 do by themselves. */
async function takeAnyTimestamp(): Promise<void> {
  const brokers = (system.env['KAFKA_BROKERS'] ?? '').split(',');
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const name = `${system.env['TOPIC_PREFIX'] ?? ''}platform.events`;
  const configEntries = ['before', 'after'].map((side) => ({
    ...{ name: `message.timestamp.${side}.max.ms`, value: '9223372036854775807' },
  }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
  });
  await admin.disconnect();
}

const hourMs = 3_600_000;

interface Body {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: unknown;
  readonly metadata: { readonly clientId: string };
}

const bodyOf = (request: ReceivedRequest) => JSON.parse(request.body.toString()) as Body;
const received = () => [...receivers.values()].flatMap(({ requests }) => requests);

test('records as others write them arrive as they were meant, or are set aside with the likely cause', async () => {
  const prefix = system.env['TOPIC_PREFIX'] ?? '';
  const schemas = await RegisteredSchemas.register(system.env['SCHEMA_REGISTRY_URL'] ?? '', prefix);
  const now = Date.now();
  const records = foreignRecords(schemas, now);
  const aside = records.filter(({ becomes }) => 'reason' in becomes);
  // One at a time: an odd timestamp is of its record alone.
  for (const { record } of records.filter(({ record: { timestamp } }) => timestamp !== undefined)) {
    await system.publishRaw([record]);
  }
  await system.publishRaw(records.flatMap(({ record }) => (record.timestamp === undefined ? [record] : [])));
  await system.publishRaw(Array.from({ length: 20 }, (_, n) => ({ key: `deleted-${n}`, value: null })));

  await until(() => received().length >= records.length - aside.length, { timeoutMs: 30_000 }).catch(() => undefined);
  let rejected = await system.records('platform.events.rejected');
  const allAside = async () => {
    rejected = await system.records('platform.events.rejected');
    return rejected.length >= aside.length;
  };
  await until(allAside, { timeoutMs: 30_000, everyMs: 500 }).catch(() => undefined);

  const seen: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const { id, name, becomes } of records) {
    const requests = received().filter((request) => bodyOf(request).id === id);
    const rejection = rejected.find(({ headers }) => headers['case']?.toString() === id)?.headers;
    if ('reason' in becomes) {
      const detail = rejection?.['detail']?.toString() ?? '';
      expected[name] = becomes;
      const says = detail.includes(becomes.says) ? becomes.says : detail;
      seen[name] = { reason: rejection?.['reason']?.toString() ?? `arrived ${requests.length} times`, says };
      continue;
    }
    const { clientId = 'acme', type = 'order.created', data = { a: 1 }, text, hoursAgo } = becomes;
    expected[name] = [{ clientId, type, data: text ?? data, isInTime: true }];
    const why =
      rejection === undefined ? [] : [`${rejection['reason']?.toString()}: ${rejection['detail']?.toString()}`];
    seen[name] = [
      ...requests.map((request) => {
        const body = bodyOf(request);
        const isThere = text !== undefined && request.body.includes(`"data":${text}`);
        const ageMs = now - Date.parse(body.timestamp);
        const isInTime =
          hoursAgo === undefined ||
          (hoursAgo === 0 ? ageMs < 24 * hourMs : Math.abs(ageMs - hoursAgo * hourMs) < hourMs / 10);
        return { clientId: body.metadata.clientId, type: body.type, data: isThere ? text : body.data, isInTime };
      }),
      ...why,
    ];
  }
  expect(seen).toEqual(expected);
  expect(rejected).toHaveLength(aside.length);
  expect(receivers.get('beta')?.requests).toEqual([]);
  expect(await scrape(system.url('fanout'), 'webhooks_tombstones_skipped_total')).toBe(20);
}, 120_000);

test('#4 #7 events of two sources that share an id are two, and one that is written three times is one', async () => {
  const event = { specversion: '1.0', id: '1001', type: 'order.created', clientid: 'acme' };
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const orders = { ...event, source: '/orders', data: { n: 1 } };
  const written = [
    { ...orders, time },
    { ...event, source: '/payments', time, data: { n: 2 } },
    orders,
    { ...orders, time: '2023-01-25T19:07:06.370582GMT' },
  ];
  for (const one of written) await system.publish([one], { key: 'acme' });
  // The last of the partition: all before it are through.
  await system.publish([{ ...event, id: '1002', source: '/orders' }], { key: 'acme' });
  const own = () => received().filter((request) => ['1001', '1002'].includes(bodyOf(request).id));
  await until(() => own().length >= 3, { timeoutMs: 30_000, what: 'the last of them' });
  const data = own().map((request) => JSON.stringify(bodyOf(request).data));
  expect(data.sort()).toEqual(['null', '{"n":1}', '{"n":2}']);
  expect(new Set(own().map(({ headers }) => headers['webhook-id'])).size).toBe(3);
}, 60_000);

test('endpoints as others have them get what is theirs once, or the history says why not', async () => {
  const api = system.client();
  await dataOf(api.POST('/v1/clients', { body: { id: 'shop', name: 'Shop' } }));
  const client: TestClient = { id: 'shop', key: system.adminKey };
  const retryPolicy = { maxAttempts: 2, baseDelayMs: 1000, maxDelayMs: 1000, backoffFactor: 1, jitter: 0 };
  const hookOf = new Map<string, string>();
  await Promise.all(
    foreignEndpoints.map(async ({ name, start, webhook }) => {
      const endpoint = await start();
      endpoints.push(endpoint);
      const url = new URL(endpoint.url).pathname === '/' ? `${endpoint.url}/h` : endpoint.url;
      const body = { clientId: client.id, url, eventTypes: ['endpoint.tried'], retryPolicy, ...webhook };
      hookOf.set(name, (await dataOf(api.POST('/v1/webhooks', { body }))).id);
    }),
  );
  isSending = true;
  await system.publish([{ id: 'tried', source: '/test', type: 'endpoint.tried', clientid: client.id, data: { n: 1 } }]);
  const list = () => listDeliveries(system, client, { clientId: client.id });
  const ended = async () =>
    (await list()).filter(({ status }) => status === 'delivered' || status === 'failed_permanent');
  await until(async () => (await ended()).length >= foreignEndpoints.length, { timeoutMs: 60_000, everyMs: 250 }).catch(
    () => undefined,
  );

  const seen: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  const deliveries = new Map((await list()).map((delivery) => [delivery.webhookId, delivery]));
  for (const { name, becomes } of foreignEndpoints) {
    const listed = deliveries.get(hookOf.get(name) ?? '');
    const { attempts, status, reason, lastResponseCode: code } = await getDelivery(system, client, listed?.id ?? '');
    const said = attempts.map(({ error, note }) => error?.message ?? note ?? '').join('\n');
    const { says = '', errorKind = null } = becomes;
    expected[name] = { reason: null, code: null, ...becomes, says, errorKind };
    seen[name] = {
      status,
      reason,
      code,
      attempts: attempts.length,
      errorKind: attempts.at(-1)?.error?.kind ?? null,
      says: (says === '' ? said === '' || becomes.attempts > 1 : said.includes(says)) ? says : said,
    };
  }
  expect(seen).toEqual(expected);
}, 120_000);
