import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { runCli } from '../support/cli-process.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { repositoryRoot } from '../support/source-tree.ts';
import { until } from '../support/until.ts';

let system: System;
let receiver: RecordingReceiver;
let client: TestClient;

const folder = mkdtempSync(join(tmpdir(), 'mappings-'));
const examples = join(repositoryRoot, 'docs', 'examples');
/** Those of docs/adopting.md. Names of topics have the prefix of this system, and the example writes without one. */
const mappings = join(folder, 'mappings.yaml');
const mended = join(folder, 'mended.yaml');
const written = readFileSync(join(examples, 'mappings.yaml'), 'utf8');
const unprefixed = written.replace('topic: shipping.parcels', 'topic: /^shipping\\.parcels$/');
writeFileSync(mappings, unprefixed);
writeFileSync(mended, unprefixed.replaceAll('client: ${row.tenant_id}', 'client: acme'));

beforeAll(async () => {
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'management-api', 'projector'],
    // What is published over HTTP and what is sent again comes on a topic that PLATFORM_TOPICS need not name.
    env: { PLATFORM_MAPPINGS: mappings, PLATFORM_TOPICS: 'shop.orders' },
  });
  receiver = await startReceiver({});
  client = await createClient(system);
  await createWebhook(system, client, { url: receiver.url });
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

/** Of an operator who has a key of the API, and no way to Kafka. */
const operatorEnv = () => ({
  DEEPERHUB_API_URL: system.url('management-api'),
  DEEPERHUB_API_KEY: system.adminKey,
});
const json = (value: object) => Buffer.from(JSON.stringify(value));

test('what cannot be an event is set aside with its bytes and a reason, and the stream goes on', async () => {
  const good = cloudEvent(client, { n: 1 });
  const { id: _id, ...withoutId } = cloudEvent(client, {});
  const { type: _type, ...withoutType } = cloudEvent(client, {});
  const { clientid: _clientid, ...withoutAudience } = cloudEvent(client, {});
  const poison = [
    { value: Buffer.from([0xff, 0x00, 0x9f, 0x92]), reason: 'unparsable' },
    { value: Buffer.from('{"id": '), reason: 'unparsable' },
    { value: json(withoutId), reason: 'missing_id' },
    { value: json(withoutType), reason: 'missing_type' },
    { value: json(cloudEvent(client, { blob: 'x'.repeat(300 * 1024) })), reason: 'payload_too_large' },
    { value: json(withoutAudience), reason: 'no_audience' },
  ];
  const alerts = await AlertWatch.begin(system, ['fanout']);
  await system.publishRaw([...poison.map(({ value }) => ({ value })), { value: json(good) }], { key: 'one-partition' });
  await until(() => receiver.requests.length === 1, { timeoutMs: 15_000 });
  expect(receiver.requests[0]?.headers['webhook-id']).toBeTruthy();

  await until(async () => (await system.records('platform.events.rejected')).length === poison.length, {
    timeoutMs: 15_000,
  });
  const rejected = await system.records('platform.events.rejected');
  const seen = rejected.map(({ value, headers }) => ({
    value: value?.toString('base64'),
    reason: headers['reason']?.toString(),
  }));
  expect(seen).toEqual(
    expect.arrayContaining(poison.map(({ value, reason }) => ({ value: value.toString('base64'), reason }))),
  );
  for (const { headers } of rejected) {
    expect(headers['source-topic']?.toString()).toContain('platform.events');
    expect(headers['source-partition']?.toString()).toMatch(/^\d+$/);
    expect(headers['source-offset']?.toString()).toMatch(/^\d+$/);
  }
  expect(await alerts.silent(['WebhooksEventsRejected'], 'goes on')).toEqual([]);
}, 60_000);

test('an event type outside the catalogue is delivered to whoever matches it', async () => {
  const before = receiver.requests.length;
  await system.publish([cloudEvent(client, {}, { type: 'never.seen.before' })]);
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 15_000 });
});

test('binary mode is understood too', async () => {
  const before = receiver.requests.length;
  const headers = {
    ce_specversion: '1.0',
    ce_id: 'binary-1',
    ce_source: '/test',
    ce_type: 'order.created',
    ce_clientid: client.id,
    'content-type': 'application/json',
  };
  await system.publishRaw([{ value: json({ total: 7 }), headers }]);
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 15_000 });
  const body = JSON.parse(receiver.requests.at(-1)?.body.toString('utf8') ?? '') as object;
  expect(body).toMatchObject({ id: 'binary-1', type: 'order.created', data: { total: 7 } });
});

test('sensitive fields are masked before anything leaves fan-out', async () => {
  const before = receiver.requests.length;
  await system.publish([cloudEvent(client, { user: 'ann', password: 'hunter2', deep: [{ token: 'abc', kept: 1 }] })]);
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 15_000 });
  const text = receiver.requests.at(-1)?.body.toString('utf8') ?? '';
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain('abc');
  expect(JSON.parse(text)).toMatchObject({ data: { user: 'ann', deep: [{ kept: 1 }] } });
});

test('topics of Debezium, its outbox and Protobuf are adopted by a mapping alone, as docs/adopting.md says', async () => {
  const api = system.client();
  await dataOf(api.POST('/v1/clients', { body: { id: 'acme', name: 'Acme' } }));
  const adopted = await startReceiver({});
  const eventTypes = ['customers.*', 'order.placed', 'parcel.*'];
  await dataOf(api.POST('/v1/webhooks', { body: { clientId: 'acme', url: adopted.url, eventTypes } }));
  const env = { ...process.env, ...system.env };
  for (const kind of ['changes', 'outbox', 'protobuf'])
    execFileSync(process.execPath, [join(examples, 'produce.mjs'), kind], { env });
  await until(() => adopted.requests.length >= 5, { timeoutMs: 60_000, what: 'what the topics became' });
  const bodies = adopted.requests.map(({ body }) => body.toString());
  const types = bodies.map((body) => (JSON.parse(body) as { type: string }).type);
  await adopted.close();
  const ofCustomers = ['created', 'deleted', 'updated'].map((what) => `customers.${what}`);
  expect(types.sort()).toEqual([...ofCustomers, 'order.placed', 'parcel.sent']);
  expect(bodies.find((body) => body.includes('parcel.sent'))).toContain('"parcel_id":9007199254740993,"tenant":"acme"');

  const cli = async (...words: string[]) => {
    const { code, stdout, stderr } = await runCli([...words, '--json'], system.env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const tried = await cli('map', '--file', mended, '--topic', 'shop.public.customers');
  expect(tried['counts']).toEqual({ event: 4, skipped: 1, tombstone: 1, rejected: 0 });
  const from = ['--topic', 'shop.public.customers'];
  const detail = 'client: ${row.tenant_id} is not there: row has no tenant_id';
  const origin = { topic: 'shop.public.customers', partition: 0, offset: 5, timestampMs: expect.any(Number) };
  const setAside = { reason: 'mapping_failed', detail, origin };
  expect(await cli('rejected', 'list', ...from)).toMatchObject({ rejected: [setAside] });
  const dry = await cli('rejected', 'redrive', ...from, '--file', mended, '--dry-run');
  expect(dry).toMatchObject({ sent: 0, wouldBeSent: 1, records: [{ result: 'event', event: { clientId: 'acme' } }] });
  expect(await cli('rejected', 'redrive', ...from, '--file', mended)).toMatchObject({ sent: 1, left: 0 });
  // Fan-out has the old mapping still: it says the same again, of the place where the record was.
  await until(async () => ((await cli('rejected', 'list', ...from))['rejected'] as object[]).length === 2, {
    timeoutMs: 30_000,
    what: 'the record that was sent again',
  });
  expect(await cli('rejected', 'list', ...from)).toMatchObject({ rejected: [setAside, setAside] });
}, 180_000);

test('operators see in the API what was set aside, send it again once it is mended, and are told when it comes back', async () => {
  const api = system.client();
  const wrong = cloudEvent(client, { password: 'hunter2' }, { type: 'mended.later' });
  // What is generated says that it has no members.
  const jsonSchema = { required: ['total'] } as unknown as Record<string, never>;
  const params = { path: { type: 'mended.later' } };
  await dataOf(api.PUT('/v1/event-types/{type}', { params, body: { jsonSchema, schemaMode: 'enforce' } }));
  await system.publish([wrong]);
  const listed = async (more: object = {}) => {
    const query = { reason: ['schema_violation' as const], ...more };
    return (await dataOf(api.GET('/v1/rejected-events', { params: { query } }))).data;
  };
  await until(async () => (await listed()).length === 1, { timeoutMs: 30_000, what: 'the row of what was rejected' });
  const [row] = await listed();
  if (row === undefined) throw new Error('it was there');
  expect(row).toMatchObject({ valueState: 'whole', redrive: { state: 'none', before: 0, refusal: null } });
  expect(row.source?.topic).toContain('platform.events');
  expect([row.value?.includes(String(wrong.id)), row.value?.includes('hunter2')]).toEqual([true, false]);

  const redrive = (body: object) => dataOf(api.POST('/v1/rejected-events/redrive', { body }));
  const filter = { reason: ['schema_violation'] };
  expect(await redrive({ filter, dryRun: true })).toEqual({
    dryRun: true,
    matched: 1,
    refused: 0,
    toBeSent: 1,
    hasMore: false,
  });
  expect((await listed({ redrive: ['none'] })).length).toBe(1);
  await redrive({ filter });
  await until(async () => (await listed()).length === 2, { timeoutMs: 30_000, what: 'its second rejection' });
  const [second, sent] = await listed();
  expect(second).toMatchObject({ source: row.source, redrive: { state: 'none', before: 1 } });
  await until(async () => (await listed({ redrive: ['sent'] })).length === 1, {
    timeoutMs: 30_000,
    what: 'that it was sent',
  });
  expect(sent?.id).toBe(row.id);

  await dataOf(api.PUT('/v1/event-types/{type}', { params, body: { jsonSchema, schemaMode: 'off' } }));
  const before = receiver.requests.length;
  const { code, stderr } = await runCli(['rejected', 'redrive', '--api', '--id', row.id, '--json'], operatorEnv());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 30_000, what: 'the event, delivered' });
  const { stdout } = await runCli(
    ['rejected', 'list', '--api', '--reason', 'schema_violation', '--json'],
    operatorEnv(),
  );
  expect(JSON.parse(stdout)).toMatchObject({ rejected: [{ redrive: { state: 'sent' } }, { redrive: { before: 1 } }] });
}, 120_000);

test('operators see in the API who is how far behind, and what is wrong', async () => {
  const api = system.client();
  const report = () => dataOf(api.GET('/v1/system'));
  const { lag, findings, backlog, versions } = await report();
  const ofProjector = lag?.find(({ app }) => app === 'projector');
  expect(ofProjector?.members).toBe(1);
  expect(ofProjector?.topics.map(({ topic }) => topic.split('.').slice(-2).join('.'))).toContain('events.rejected');
  expect(lag?.find(({ app }) => app === 'fanout')?.topics.length).toBeGreaterThanOrEqual(2);
  expect([backlog, versions.postgres]).not.toContain(null);
  // This system has neither.
  const wrong = findings.filter(({ severity }) => severity === 'error').map(({ says }) => says);
  expect(wrong).toEqual([expect.stringContaining('no retry-scheduler'), expect.stringContaining('no monitor')]);
  const { code, stdout } = await runCli(['system'], operatorEnv());
  expect([code, stdout.includes('platform.events.rejected'), stdout.includes('no monitor')]).toEqual([0, true, true]);
}, 60_000);
