import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, listDeliveries, type TestClient } from '../support/clients.ts';
import { countingTo, NumberedStream, withoutRepetitions } from '../support/numbered-stream.ts';
import { startOwnServer, type OwnServer } from '../support/own-servers.ts';
import { residentMiB } from '../support/resident-memory.ts';
import type { Answer } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const webhooks = 20;

let kafka: OwnServer;
let postgres: OwnServer;
let system: System;
let client: TestClient;

beforeAll(async () => {
  [kafka, postgres] = await Promise.all([startOwnServer('kafka'), startOwnServer('postgres')]);
  system = await startSystem({ env: { KAFKA_BROKERS: kafka.address, DATABASE_URL: postgres.address } });
  client = await createClient(system);
}, 120_000);

afterAll(async () => {
  await system.stop();
  await Promise.all([kafka.remove(), postgres.remove()]);
}, 60_000);

/** How long the endpoints take. */
let delayMs = 10;

async function startStream(name: string): Promise<NumberedStream> {
  return NumberedStream.start(system, client, { name, webhooks, respond: () => ({ delayMs }) });
}

/** Every delivery of the stream is in the history, delivered. */
async function untilHistoryIsWhole(stream: NumberedStream, name: string): Promise<void> {
  const isWhole = async () => {
    const delivered = await listDeliveries(system, client, { status: 'delivered' });
    return delivered.filter(({ eventType }) => eventType.startsWith(`${name}.`)).length === stream.published;
  };
  await until(isWhole, { timeoutMs: 60_000, everyMs: 500, what: `the history has all ${stream.published}` });
}

function expectOrder(stream: NumberedStream): void {
  for (let webhook = 0; webhook < webhooks; webhook += 1) {
    const numbers = withoutRepetitions(stream.firstAttempts(webhook));
    expect(numbers).toEqual(countingTo(stream.published / webhooks));
  }
}

test.each(['stop', 'kill'] as const)(
  'broker-restart-loses-nothing: %s in mid-stream',
  async (how) => {
    const stream = await startStream(`broker-${how}`);
    try {
      await stream.publish(50);
      await until(() => stream.requests.length > 200, { timeoutMs: 30_000, everyMs: 5 });
      // However long the broker takes to stop, it is in mid-stream.
      delayMs = 400;
      const alerts = await AlertWatch.begin(system);
      await kafka[how]();
      delayMs = 10;
      const seen = stream.requests.length;
      // Every app says so, and none of them dies of it.
      const isTold = async () => (await fetch(`${system.url('dispatcher')}/health/ready`)).status === 503;
      await until(isTold, { timeoutMs: 20_000, what: 'the dispatcher is not ready without Kafka' });
      expect(await alerts.silent(['WebhooksAppNotReady'])).toEqual([]);
      await kafka.start();
      const startedAt = Date.now();
      // The platform's own producer is a plain one: sent while leaders are elected, its records would come twice.
      const isServing = async () => (await system.records('platform.events')).length >= stream.published;
      await until(isServing, { timeoutMs: 30_000, what: 'the broker serves what it had' });
      await stream.publish(50);
      const { published } = stream;
      await until(() => stream.distinct === published, { timeoutMs: 60_000, what: `all ${published} arrive` });
      process.stdout.write(
        `broker ${how} after ${seen} of ${published}: all there ${Date.now() - startedAt} ms after it was started again, ` +
          `${stream.repetitions.length} twice\n`,
      );
      expect(seen).toBeLessThan(published / 2);
      expectOrder(stream);
      await untilHistoryIsWhole(stream, `broker-${how}`);
      expect(system.unexpectedDeaths).toEqual([]);
    } finally {
      await stream.close();
    }
  },
  150_000,
);

/** A minute with KAFKA_AWAY_MS=60000; what fills up, fills up in the first seconds. */
const awayMs = Number(process.env['KAFKA_AWAY_MS'] ?? 10_000);
const growthMiBMax = 150;

test('kafka-away-loses-nothing: attempts pause, memory stays bounded, and it goes on by itself', async () => {
  const padding = 'x'.repeat(60_000);
  // While it is away every answer is a failure, so that the whole delivery waits to be written to a retry tier.
  // So slow before that most of it is still to be done when Kafka goes, however long publishing takes.
  let answer: Answer = { delayMs: 1_500 };
  const stream = await NumberedStream.start(system, client, {
    name: 'away',
    webhooks,
    fields: { retryPolicy: { maxAttempts: 20, baseDelayMs: 1_000, maxDelayMs: 1_000, backoffFactor: 1, jitter: 0 } },
    data: { padding },
    respond: () => answer,
  });
  const apps = ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'monitor', 'management-api'] as const;
  const memory = () => new Map(apps.map((app) => [app, residentMiB(system.pid(app) ?? 0)]));
  try {
    // A few at a time: a request is one batch for each partition.
    for (let times = 0; times < 40; times += 1) await stream.publish(1);
    await until(() => stream.requests.length > 100, { timeoutMs: 30_000, everyMs: 5 });
    expect(stream.distinct).toBeLessThan(0.75 * stream.published);
    const before = memory();
    await kafka.kill();
    answer = { delayMs: 10, status: 503 };
    const goneAt = Date.now();
    const peak = new Map(before);
    await until(
      () => {
        for (const [app, mebibytes] of memory()) peak.set(app, Math.max(peak.get(app) ?? 0, mebibytes));
        return Date.now() - goneAt > awayMs;
      },
      { timeoutMs: awayMs + 1_000, everyMs: 250 },
    );
    const attempts = stream.requests.filter(({ at }) => at > goneAt);
    const lastAttemptMs = (attempts.at(-1)?.at ?? goneAt) - goneAt;
    await kafka.start();
    answer = { delayMs: 10 };
    const backAt = Date.now();
    const { published } = stream;
    await until(() => stream.distinct === published && stream.requests.some(({ at }) => at > backAt), {
      timeoutMs: 90_000,
      what: `all ${published} arrive`,
    });
    await untilHistoryIsWhole(stream, 'away');
    const grown = [...peak].map(([app, mebibytes]) => `${app} ${before.get(app) ?? 0} → ${mebibytes} MiB`);
    process.stdout.write(
      `Kafka away for ${awayMs} ms: ${attempts.length} attempts, the last after ${lastAttemptMs} ms; all ${published} ` +
        `delivered ${Date.now() - backAt} ms after it was back, ${stream.repetitions.length} attempts twice\n  ${grown.join(', ')}\n`,
    );
    expect(lastAttemptMs).toBeLessThan(Math.max(8_000, awayMs / 2));
    for (const [app, mebibytes] of peak) expect(mebibytes - (before.get(app) ?? 0)).toBeLessThan(growthMiBMax);
    expect(system.unexpectedDeaths).toEqual([]);
  } finally {
    await stream.close();
  }
}, 240_000);

test('database-restart-loses-nothing: deliveries go on without it, the history follows', async () => {
  const stream = await startStream('database');
  try {
    await stream.publish(25);
    await until(() => stream.requests.length > 100, { timeoutMs: 30_000, everyMs: 5 });
    await postgres.kill();
    await stream.publish(25);
    const { published } = stream;
    await until(() => stream.distinct === published, { timeoutMs: 30_000, what: `all ${published} arrive without it` });
    const startedAt = Date.now();
    await postgres.start();
    await untilHistoryIsWhole(stream, 'database');
    process.stdout.write(
      `database killed: ${published} deliveries made without it, all in the history ${Date.now() - startedAt} ms after its start\n`,
    );
    expect(stream.requests).toHaveLength(published);
    expectOrder(stream);
    expect(system.unexpectedDeaths).toEqual([]);
  } finally {
    await stream.close();
  }
}, 120_000);
