import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import pg from 'pg';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, listDeliveries, type TestClient } from '../support/clients.ts';
import { NumberedStream } from '../support/numbered-stream.ts';
import { readOutcomes, type ReadOutcome } from '../support/outcomes.ts';
import { until } from '../support/until.ts';

const webhooks = 20;
const perWebhook = 100;
const expected = webhooks * perWebhook;

let system: System;
let client: TestClient;
let stream: NumberedStream;
let database: pg.Client;

beforeAll(async () => {
  system = await startSystem({});
  client = await createClient(system);
  database = new pg.Client({ connectionString: system.env['DATABASE_URL'] });
  await database.connect();
}, 120_000);

afterAll(async () => {
  await stream.close();
  await database.end();
  await system.stop();
}, 60_000);

async function numberOf(sql: string): Promise<number> {
  const { rows } = await database.query<{ count: string }>(sql);
  return Number(rows[0]?.count);
}

test('a projector killed in mid-stream leaves every attempt in the history once, and the counts right', async () => {
  stream = await NumberedStream.start(system, client, {
    name: 'history',
    webhooks,
    fields: { retryPolicy: { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 1_000, backoffFactor: 1, jitter: 0 } },
    // Every tenth delivery takes two attempts.
    respond: ({ n, attempt }) => ({ status: n % 10 === 3 && attempt === 1 ? 503 : 200, delayMs: 5 }),
  });
  await stream.publish(perWebhook);
  for (const share of [0.2, 0.5]) {
    const isFarEnough = async () => (await numberOf('select count(*) from delivery_attempt')) > expected * share;
    await until(isFarEnough, { timeoutMs: 30_000, everyMs: 10, what: `${share * 100} % are in the history` });
    await system.kill('projector', 'SIGKILL');
    await system.start('projector');
  }
  const attempts = expected + expected / 10;
  await until(() => stream.requests.length === attempts, { timeoutMs: 60_000, what: `${attempts} attempts` });
  const isWhole = async () => (await listDeliveries(system, client, { status: 'delivered' })).length === expected;
  await until(isWhole, { timeoutMs: 60_000, everyMs: 500, what: 'the history has all deliveries as delivered' });

  const deliveries = await listDeliveries(system, client);
  expect(deliveries).toHaveLength(expected);
  expect(deliveries.filter(({ attemptCount }) => attemptCount === 2)).toHaveLength(expected / 10);
  expect(deliveries.filter(({ attemptCount }) => attemptCount === 1)).toHaveLength(expected - expected / 10);
  expect(await numberOf('select count(*) from delivery_attempt')).toBe(attempts);
  // The notices of the webhooks themselves are events too.
  expect(await numberOf(`select count(*) from event where event_type like 'history.%'`)).toBe(expected);
  const distinct = 'select count(distinct (delivery_id, round, attempt)) from delivery_attempt';
  expect(await numberOf(distinct)).toBe(attempts);
  const counted = 'select sum(attempt_count) as count from delivery';
  expect(await numberOf(counted)).toBe(attempts);
  process.stdout.write(`projector killed -9 twice: ${expected} deliveries, ${attempts} attempts, each once\n`);
}, 200_000);

test('a-foreign-consumer-reads-outcomes: by plain HTTP and the registry, and the schema explains every field', async () => {
  const outcomes = await readOutcomes(system);
  const byAttempt = new Map(outcomes.map((outcome) => [keyOf(outcome), outcome]));
  expect(byAttempt.size).toBe(stream.requests.length);
  for (const { deliveryId, attempt, n, webhook } of stream.requests) {
    const outcome = byAttempt.get(`${deliveryId} ${attempt}`);
    const isFailed = n % 10 === 3 && attempt === 1;
    expect(outcome).toMatchObject({
      webhookId: stream.webhooks[webhook]?.id,
      clientId: client.id,
      eventId: `history.w${webhook}-${n}`,
      status: isFailed ? 'failed_retryable' : 'delivered',
      responseCode: isFailed ? 503 : 200,
    });
  }

  // As any tool would fetch it: over plain HTTP, by the topic's name.
  const registryUrl = system.env['SCHEMA_REGISTRY_URL'] ?? '';
  const subject = `${system.env['TOPIC_PREFIX'] ?? ''}webhook.delivery-outcomes-value`;
  const response = await fetch(`${registryUrl}/subjects/${subject}/versions/latest`);
  const { schema, id } = (await response.json()) as { schema: string; id: number };
  const { doc, fields } = JSON.parse(schema) as { doc?: string; fields: { name: string; doc?: string }[] };
  expect(doc).toBeTruthy();
  expect(fields.filter((field) => (field.doc ?? '').length < 10)).toEqual([]);
  const [first] = outcomes;
  expect(Object.keys(first ?? {}).sort()).toEqual(fields.map(({ name }) => name).sort());

  // The records name this very schema.
  const [record] = await system.records('webhook.delivery-outcomes');
  expect(record?.value?.readUInt8(0)).toBe(0);
  expect(record?.value?.readInt32BE(1)).toBe(await idAsTheClientSeesIt(registryUrl, subject, id));
}, 60_000);

/** By what a receiver knows of it. */
function keyOf({ deliveryId, attempt }: ReadOutcome): string {
  return `${deliveryId} ${attempt}`;
}

async function idAsTheClientSeesIt(registryUrl: string, subject: string, id: number): Promise<number> {
  expect(await new SchemaRegistry({ host: registryUrl }).getLatestSchemaId(subject)).toBe(id);
  return id;
}

test('retention-drops-partitions: those of days that are over, while the monitor makes those of days to come', async () => {
  const tables = ['event', 'delivery', 'delivery_attempt'];
  for (const table of tables) {
    await database.query(
      `create table ${table}_p20200101 partition of ${table} for values from ('2020-01-01') to ('2020-01-02')`,
    );
  }
  const partitions = async () => {
    const { rows } = await database.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relname ~ '_p[0-9]{8}$'`,
    );
    return rows.map(({ name }) => name);
  };
  expect(await partitions()).toEqual(expect.arrayContaining(tables.map((table) => `${table}_p20200101`)));
  // It keeps house when it starts, and every hour.
  await system.kill('monitor', 'SIGTERM');
  await system.start('monitor');
  const isDropped = async () => !(await partitions()).some((name) => name.endsWith('_p20200101'));
  await until(isDropped, { timeoutMs: 15_000, what: 'the partitions of 2020 are dropped' });
  const weekAhead = new Date(Date.now() + 6 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
  expect(await partitions()).toEqual(expect.arrayContaining(tables.map((table) => `${table}_p${weekAhead}`)));
  expect(await numberOf('select count(*) from delivery')).toBe(expected);
}, 60_000);
