/** The two apps that keep their positions in PostgreSQL, as processes on real Kafka, killed and rebalanced. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import type { WebhookEvent } from '../../../libs/domain/event/webhook-event.ts';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { KafkaClient, kafkaConnection } from '../../../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import { createOrm, type Orm } from '../../../libs/postgres/orm.ts';
import { readConfig } from '../../../libs/runtime/config.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { setupConfig } from '../../../stack/setup-config.ts';
import { wantedTopics } from '../../../stack/wanted-topics.ts';
import { AlertWatch } from '../../support/alert-watch.ts';
import { startSystem, type System } from '../../support/app-harness.ts';
import { testStack } from '../../support/test-stack.ts';
import { until } from '../../support/until.ts';
import { anEvent, anOutcome } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const apps = ['projector', 'monitor'] as const;
const webhookIds = Array.from({ length: 8 }, (_, index) => `wh-${index}`);
let system: System;
let orm: Orm;
let eventCodec: AvroCodec<WebhookEvent>;
let outcomeCodec: AvroCodec<DeliveryOutcome>;

beforeEach(async () => {
  system = await startSystem({
    apps,
    env: { AUTO_DEACTIVATION_FAILURE_THRESHOLD: '1000', AUTO_DEACTIVATION_MIN_MINUTES: '0' },
  });
  orm = createOrm(system.env['DATABASE_URL'] ?? '', 3);
  const registry = new Registry({
    url: system.env['SCHEMA_REGISTRY_URL'] ?? '',
    username: null,
    password: null,
    topicPrefix: system.env['TOPIC_PREFIX'] ?? '',
  });
  eventCodec = await registry.codec(topics.webhookEvents);
  outcomeCodec = await registry.codec(topics.outcomes);
  for (const id of webhookIds) await storeWebhook(orm.em, id);
}, 120_000);
afterEach(async () => {
  await orm.close(true);
  await system.stop();
}, 60_000);

async function count(sql: string): Promise<number> {
  const [row] = await inTransaction(orm.em, (run) => run<{ count: number }>(sql));
  return row?.count ?? 0;
}

/** One failed attempt for each event. @param agoMs how long ago */
async function publish(first: number, events: number, agoMs = 0): Promise<void> {
  const now = Date.now() - agoMs;
  const numbers = Array.from({ length: events }, (_, index) => first + index);
  const webhookOf = (number: number) => webhookIds[number % webhookIds.length] ?? '';
  await system.publishRaw(
    numbers.map((number) => ({
      key: `event-${number}`,
      value: eventCodec.encode(anEvent({ eventId: `event-${number}`, time: now, webhooks: [webhookOf(number)] })),
    })),
    { topic: 'webhook.events' },
  );
  await system.publishRaw(
    numbers.map((number) => ({
      key: webhookOf(number),
      value: outcomeCodec.encode(
        anOutcome({
          eventId: `event-${number}`,
          time: now,
          startedAt: now + number,
          webhookId: webhookOf(number),
          status: 'failed_permanent',
          reason: 'rejected',
          responseCode: 400,
        }),
      ),
    })),
    { topic: 'webhook.delivery-outcomes' },
  );
}

async function expectAll(events: number): Promise<void> {
  const attempts = 'select sum(attempt_count)::int as count from delivery';
  await until(async () => (await count(attempts)) >= events, {
    timeoutMs: 60_000,
    what: 'all attempts in the history',
  });
  const failures = 'select sum(consecutive_failures)::int as count from webhook_health';
  await until(async () => (await count(failures)) >= events, { timeoutMs: 60_000, what: 'all failures in the health' });
  await until(async () => (await count('select count(*)::int as count from event')) >= events, { timeoutMs: 60_000 });
  expect(await count('select count(*)::int as count from event')).toBe(events);
  expect(await count('select count(*)::int as count from delivery_attempt')).toBe(events);
  expect(await count(attempts)).toBe(events);
  expect(await count(failures)).toBe(events);
}

test('killed in mid-stream, both go on where their rows are: nothing is lost, nothing counts twice', async () => {
  await publish(0, 500);
  const publishing = publish(500, 1_500);
  await Promise.all([system.kill('projector', 'SIGKILL'), system.kill('monitor', 'SIGKILL')]);
  await Promise.all([publishing, system.start('projector'), system.start('monitor')]);
  await expectAll(2_000);
}, 180_000);

test('members that join and leave in mid-stream apply each record once', async () => {
  const publishing = publish(0, 2_000);
  await Promise.all([system.start('projector', 1), system.start('monitor', 1)]);
  await publishing;
  await publish(2_000, 1_000);
  await system.kill('projector', 'SIGTERM');
  await system.kill('monitor', 'SIGTERM');
  await publish(3_000, 1_000);
  await expectAll(4_000);
}, 180_000);

test('while the database is away both say so and wait, then nothing is missing', async () => {
  await publish(0, 500);
  const alerts = await AlertWatch.begin(system, apps);
  const server = createOrm((await testStack({ postgres: true })).databaseUrl, 1);
  const name = new URL(system.env['DATABASE_URL'] ?? '').pathname.slice(1);
  const onServer = (sql: string) => server.em.fork().execute(sql);
  await onServer(`alter database "${name}" with allow_connections false`);
  await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await publish(500, 500);
  for (const app of ['projector', 'monitor'] as const) {
    await until(async () => (await fetch(`${system.url(app)}/health/ready`)).status === 503, { timeoutMs: 20_000 });
  }
  expect(await alerts.silent(['WebhooksAppNotReady'])).toEqual([]);
  await onServer(`alter database "${name}" with allow_connections true`);
  await server.close(true);
  await expectAll(1_000);
  for (const app of ['projector', 'monitor'] as const) {
    await until(async () => (await fetch(`${system.url(app)}/health/ready`)).status === 200, { timeoutMs: 20_000 });
  }
  expect([...system.logs('projector'), ...system.logs('monitor')].filter((line) => line.includes('set aside'))).toEqual(
    [],
  );
}, 120_000);

/** As after the loss of Kafka: the same names, other logs. */
async function makeTopicsAnew(): Promise<void> {
  const config = readConfig(setupConfig, system.env);
  const admin = new TopicAdmin(new KafkaClient(kafkaConnection(config, 'test'), createLogger('test', 'silent')));
  const wanted = wantedTopics(config).filter(({ name }) => /webhook\.(events|delivery-outcomes)$/.test(name));
  const names = wanted.map(({ name }) => name);
  await admin.remove(names);
  await until(async () => (await admin.holdings(names)).size === 0, { timeoutMs: 20_000, what: 'the topics are gone' });
  await admin.ensure(wanted);
  await admin.close();
}

test('topics that were made anew are read from their beginning, however far they have grown meanwhile', async () => {
  await publish(0, 500);
  await expectAll(500);
  const alerts = await AlertWatch.begin(system, apps);
  await Promise.all([system.kill('projector', 'SIGTERM'), system.kill('monitor', 'SIGTERM')]);
  expect(await alerts.silent(['WebhooksAppDown', 'WebhooksAppMissing'])).toEqual([]);
  await makeTopicsAnew();
  await publish(500, 1_000);
  await Promise.all([system.start('projector'), system.start('monitor')]);
  await expectAll(1_500);
  for (const app of ['projector', 'monitor'] as const) {
    const metrics = await (await fetch(`${system.url(app)}/metrics`)).text();
    expect(metrics).toMatch(/webhooks_positions_moved_total\{[^}]*reason="other_topic"[^}]*\} \d/);
  }
  expect(await alerts.silent(['WebhooksPositionReset'])).toEqual([]);
}, 180_000);

test('topics that are made anew under running members are read from their beginning', async () => {
  await publish(0, 500);
  await expectAll(500);
  await makeTopicsAnew();
  await publish(500, 300);
  await expectAll(800);
}, 180_000);

test('records that nobody can read are logged and left behind', async () => {
  const alerts = await AlertWatch.begin(system, ['projector']);
  await system.publishRaw(
    [{ value: 'garbage' }, { value: null, key: 'wh-0' }, { value: Buffer.from([0, 0, 0, 99, 9, 1]) }],
    {
      topic: 'webhook.delivery-outcomes',
    },
  );
  // Under the key of its own webhook, so that it comes before the failures: a success sets their count back.
  const unstorable = { ...anOutcome({ webhookId: 'wh-0' }), deliveryId: 'no-uuid' };
  await system.publishRaw([{ key: 'wh-0', value: outcomeCodec.encode(unstorable) }], {
    topic: 'webhook.delivery-outcomes',
  });
  await publish(0, 40, 120_000);
  await expectAll(40);
  const setAside = system.logs('projector').filter((line) => line.includes('record set aside'));
  expect(setAside).toHaveLength(4);
  expect(await alerts.silent(['WebhooksUndecodableRecords', 'WebhooksErrorsLogged'])).toEqual([]);
  const forNobody = eventCodec.encode(anEvent({ eventId: 'lost', time: Date.now(), clientId: 'nobody', webhooks: [] }));
  await system.publishRaw([{ key: 'lost', value: forNobody }], { topic: 'webhook.events' });
  const events = 'select count(*)::int as count from event';
  await until(async () => (await count(events)) === 41, { timeoutMs: 20_000, what: 'the event for nobody is there' });
  expect(await alerts.silent(['WebhooksEventsForNobody', 'WebhooksHistoryLate'], 'goes on')).toEqual([]);

  const due = Date.now() - 3 * 3_600_000;
  const overdue = { eventId: 'overdue', webhookId: 'wh-0', status: 'failed_retryable', reason: 'http' } as const;
  const value = outcomeCodec.encode(anOutcome({ ...overdue, time: due - 60_000, nextAttemptAt: due }));
  await system.publishRaw([{ key: 'wh-0', value }], { topic: 'webhook.delivery-outcomes' });
  const waiting = "select count(*)::int as count from delivery where status = 'failed_retryable'";
  await until(async () => (await count(waiting)) === 1, { timeoutMs: 20_000, what: 'the retry is in the history' });
  // The monitor looks at what waits every ten seconds.
  const fires = async () =>
    (await (await AlertWatch.begin(system, ['monitor'])).silent(['WebhooksPastDue'])).length === 0;
  await until(fires, { timeoutMs: 60_000, everyMs: 1_000, what: 'the alert fires' });
}, 120_000);
