/** A broker of its own, because it is stopped and killed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { TopicTail } from '../../../libs/kafka/tail/topic-tail.ts';
import { startKafka } from '../../../stack/embedded/kafka.ts';
import { freePorts } from '../../../stack/ports.ts';
import { until } from '../../support/until.ts';
import { KafkaWorld, range, valueOf } from './kafka-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'webhooks-broker-'));
const [port = 0, controllerPort = 0] = await freePorts(2);

function startBroker() {
  return startKafka({
    port,
    controllerPort,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'kafka.log'),
    onProgress: () => undefined,
  });
}

let broker = await startBroker();
const world = new KafkaWorld(`127.0.0.1:${port}`, 'restart.');

afterAll(async () => {
  await world.close();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const patient = { timeoutMs: 60_000, everyMs: 50 };

test.each(['stop', 'kill'] as const)(
  'a broker that is away for a while (%s) costs nothing: all goes on by itself, in order, each once',
  async (how) => {
    const topic = await world.topic(2);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    world.log.lines.splice(0);
    const tailed: number[] = [];
    const tail = world.stopLater(
      new TopicTail(
        world.client(),
        { topics: [topic], from: 'beginning', onRecord: (record) => tailed.push(valueOf(record)) },
        world.log.logger,
      ),
    );
    await tail.start();
    let sent = 0;
    const appends: Promise<void>[] = [];
    const timer = setInterval(() => {
      const partition = sent % 2;
      appends.push(world.sink.append([{ topic, key: null, partition, value: Buffer.from(String(sent)) }]));
      sent += 1;
    }, 5);
    await until(() => reader.records.length > 100, patient);
    const goneAt = performance.now();
    await broker[how]();
    const sentBefore = sent;
    await until(() => world.sink.problem() !== null && reader.consumer.problem() !== null, patient);
    await until(() => sent > sentBefore + 200, patient);
    broker = await startBroker();
    const awayMs = performance.now() - goneAt;
    await until(() => reader.records.length > sentBefore + 200, patient);
    clearInterval(timer);
    await Promise.all(appends);
    await until(() => reader.records.length >= sent && tailed.length >= sent, patient);
    for (const partition of [0, 1]) {
      const values = reader.records.filter((record) => record.partition === partition).map(valueOf);
      expect(values).toEqual(range(0, sent).filter((value) => value % 2 === partition));
    }
    expect(tailed.toSorted((a, b) => a - b)).toEqual(range(0, sent));
    await until(() => world.sink.problem() === null && reader.consumer.problem() === null, patient);
    expect(tail.problem()).toBeNull();
    // Nobody was thrown out of the group. Whose coordinator was silent for a session of ten seconds joins once more (0095);
    // how long it is silent, from the last heartbeat that it answered until it has loaded the group, the machine decides.
    const lines = world.log.lines.splice(0);
    const reasons = lines.flatMap(({ fields }) => fields['reason'] ?? []);
    const silences = lines.flatMap(({ fields }) => ('silentMs' in fields ? [Number(fields['silentMs'])] : []));
    process.stdout.write(`away for ${Math.round(awayMs)} ms, rejoined after silences of [${silences.join(', ')}] ms\n`);
    expect(reasons).toEqual(silences.map(() => 'the coordinator was silent for too long'));
    expect(silences.filter((silentMs) => silentMs < 10_000)).toEqual([]);
    expect(silences.length).toBeLessThanOrEqual(1);
    expect(reader.assigned).toHaveLength(1 + silences.length);
    expect(reader.failures).toEqual([]);
    await Promise.all([reader.stop(), tail.stop()]);
  },
  150_000,
);

test('a stop while the broker is away takes seconds, and rejects what Kafka never took', async () => {
  const topic = await world.topic();
  const other = new KafkaWorld(`127.0.0.1:${port}`, 'stop.');
  const reader = other.consumer({ groupId: other.name('group'), subscriptions: [topic] });
  await reader.start();
  await other.sink.connect();
  await broker.stop();
  const append = other.sink.append([{ topic, key: null, value: Buffer.from('1') }]);
  const startedAt = Date.now();
  const [result] = await Promise.all([append.catch((error: unknown) => error), other.close()]);
  expect(result).toMatchObject({ code: 'sink_closed', retryable: true });
  expect(Date.now() - startedAt).toBeLessThan(30_000);
}, 60_000);
