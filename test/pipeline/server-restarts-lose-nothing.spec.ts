import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, listDeliveries, type TestClient } from '../support/clients.ts';
import { countingTo, NumberedStream, withoutRepetitions } from '../support/numbered-stream.ts';
import { startOwnServer, type OwnServer } from '../support/own-servers.ts';
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

/** Every delivery of the stream is in the history, delivered, with one attempt. */
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
      await kafka[how]();
      delayMs = 10;
      const seen = stream.requests.length;
      // Every app says so, and none of them dies of it.
      const isTold = async () => (await fetch(`${system.url('dispatcher')}/health/ready`)).status === 503;
      await until(isTold, { timeoutMs: 20_000, what: 'the dispatcher is not ready without Kafka' });
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
