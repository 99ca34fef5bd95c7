/**
 * Three brokers (replication 3, two in sync), two of each app, and a steady load, while brokers and apps restart, die and stand
 * still. Nothing is lost, order is kept, a rolling restart repeats nothing, and a fault repeats no more than was in flight or
 * done in the last second before it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { appNames } from '../../stack/apps.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, listDeliveries, type TestClient } from '../support/clients.ts';
import { countingTo, NumberedStream, stepsBack, withoutRepetitions } from '../support/numbered-stream.ts';
import { OwnCluster } from '../support/own-cluster.ts';
import { until } from '../support/until.ts';

const webhooks = 12;
const instances = 2;
const answerMs = 10;
/** Events a second, all webhooks together: what two processors carry beside three brokers and twelve apps. */
const everyMs = 250;
const perSecond = (webhooks * 1000) / everyMs;
/** A fault repeats what was in flight, what was done in the second before it, and what the commit before that had not told. */
const repeatedMax = webhooks + 1.5 * perSecond;

let cluster: OwnCluster;
let system: System;
let client: TestClient;
let stream: NumberedStream;
let platform: RecordSink;
let stopPublishing: () => Promise<void>;

beforeAll(async () => {
  cluster = await OwnCluster.start();
  system = await startSystem({
    env: { KAFKA_BROKERS: cluster.address, TOPIC_REPLICATION: '3' },
    instances: Object.fromEntries(appNames.map((app) => [app, instances])),
  });
  client = await createClient(system);
  const connection = {
    brokers: cluster.address.split(','),
    tls: false,
    tlsCa: null,
    sasl: null,
    clientId: 'platform-service',
  };
  const logger = createLogger('platform-service', 'fatal');
  platform = new RecordSink(new KafkaClient(connection, logger), logger);
  await platform.connect();
  const topic = `${system.env['TOPIC_PREFIX'] ?? ''}platform.events`;
  stream = await NumberedStream.start(system, client, {
    name: 'cluster',
    webhooks,
    respond: () => ({ delayMs: answerMs }),
    publish: (records) =>
      platform.append(
        records.map(({ key, value, headers }) => ({
          topic,
          key,
          value: Buffer.from(value),
          ...(headers === undefined ? {} : { headers }),
        })),
      ),
  });
  stopPublishing = keepPublishing();
  await passed(10);
}, 420_000);

afterAll(async () => {
  await stopPublishing();
  await stream.close();
  await platform.close();
  await system.stop();
  await cluster.remove();
}, 120_000);

/** A number for every webhook at each beat. What the platform's producer is not told yet, it waits for: nothing piles up. */
function keepPublishing(): () => Promise<void> {
  const over = new AbortController();
  const publishing = (async () => {
    while (!over.signal.aborted) {
      await stream.publish(1);
      await pause(everyMs);
    }
  })();
  return async () => {
    over.abort();
    await publishing;
  };
}

/** Resolves when so many more events came to each webhook. */
async function passed(numbers: number): Promise<void> {
  const target = stream.distinct + numbers * webhooks;
  await until(() => stream.distinct >= target, { timeoutMs: 90_000, what: `${numbers} more at each webhook` });
}

/** Runs a fault and lets the traffic come back. @returns how many came twice since it began */
async function repeatedBy(name: string, fault: () => Promise<void>): Promise<number> {
  const before = stream.repetitions.length;
  const startedAt = Date.now();
  await fault();
  await cluster.inSync();
  await passed(8);
  const repeated = stream.repetitions.length - before;
  process.stdout.write(`${name}: ${repeated} of ${stream.distinct} came twice, ${Date.now() - startedAt} ms in all\n`);
  return repeated;
}

function pairs<Item>(items: readonly Item[]): (readonly Item[])[] {
  return items.flatMap((_, index) => (index % 2 === 0 ? [items.slice(index, index + 2)] : []));
}

function nameOf(topic: string): string {
  return `${system.env['TOPIC_PREFIX'] ?? ''}${topic}`;
}

test('a calm minute, a rolling restart of all apps and one of all brokers repeat nothing', async () => {
  expect(await repeatedBy('calm', () => passed(20))).toBe(0);
  const roll = async () => {
    // Two at a time, as a rollout that is in a hurry does it; never both instances of one app.
    for (let index = 0; index < instances; index += 1) {
      for (const pair of pairs(appNames)) {
        await Promise.all(
          pair.map(async (app) => {
            await system.kill(app, 'SIGTERM', index);
            await system.start(app, index);
          }),
        );
      }
    }
  };
  expect(await repeatedBy('rolling restart of twelve apps', roll)).toBe(0);
  const rollBrokers = async () => {
    for (const node of cluster.nodes) {
      await cluster.stopNode(node);
      await cluster.startNode(node);
      await cluster.inSync();
    }
  };
  expect(await repeatedBy('rolling restart of three brokers', rollBrokers)).toBe(0);
}, 900_000);

test('a leader, then the coordinator of the dispatchers is killed: no more than what was in flight comes twice', async () => {
  for (const [what, find] of [
    ['leader killed', () => cluster.leaderOf(nameOf('webhook.deliveries'))],
    ['coordinator killed', () => cluster.coordinatorOf(nameOf('dispatcher'))],
  ] as const) {
    const repeated = await repeatedBy(what, async () => {
      const node = await find();
      await cluster.killNode(node);
      await passed(4);
      await cluster.startNode(node);
    });
    expect(repeated).toBeLessThanOrEqual(repeatedMax);
  }
}, 600_000);

test('the coordinator stands still for longer than a session: a second of work at most is done twice', async () => {
  const repeated = await repeatedBy('coordinator frozen for 15 s', async () => {
    const node = await cluster.coordinatorOf(nameOf('dispatcher'));
    cluster.freezeNode(node);
    await pause(15_000);
    cluster.thawNode(node);
  });
  expect(repeated).toBeLessThanOrEqual(repeatedMax);
}, 420_000);

test('in the end everything has come, in order, and the history has it', async () => {
  await stopPublishing();
  const { published } = stream;
  await until(() => stream.distinct === published, { timeoutMs: 90_000, what: `all ${published} arrive` });
  for (let webhook = 0; webhook < webhooks; webhook += 1) {
    const numbers = stream.firstAttempts(webhook);
    expect(withoutRepetitions(numbers)).toEqual(countingTo(published / webhooks));
    // One step back for each fault at most: the stream is taken up again where the last commit was.
    expect(stepsBack(numbers)).toBeLessThanOrEqual(3);
  }
  const isWhole = async () => (await listDeliveries(system, client, { status: 'delivered' })).length === published;
  await until(isWhole, { timeoutMs: 60_000, everyMs: 500, what: `the history has all ${published}` });
  expect(system.unexpectedDeaths).toEqual([]);
}, 240_000);
