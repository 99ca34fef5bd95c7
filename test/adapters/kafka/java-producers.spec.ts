/** What Kafka's own client writes, as it is: read by our consumer and taken for events. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { parseCloudEvent } from '../../../libs/domain/event/cloud-event.ts';
import { fetchKafka } from '../../../stack/embedded/maven.ts';
import { javaEnvironment, requireJava } from '../../../stack/embedded/java.ts';
import { kafkaVersion } from '../../../stack/embedded/kafka.ts';
import { repositoryRoot } from '../../../stack/repository.ts';
import { until } from '../../support/until.ts';
import { kafkaWorld } from './kafka-world.ts';

const world = await kafkaWorld();
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const events = 200;

async function produceInJava(topic: string): Promise<void> {
  const jars = await fetchKafka(kafkaVersion, { onProgress: () => undefined });
  const program = 'test/support/producers/JavaProducers.java';
  const args = ['-XX:TieredStopAtLevel=1', '-Xmx128m', '-cp', `${jars}/*`, program, world.brokers.join(','), topic];
  const child = spawn(requireJava(), args, {
    cwd: repositoryRoot,
    env: { ...process.env, ...javaEnvironment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let trouble = '';
  child.stderr.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the producers in Java ended with ${code}: ${trouble.slice(-2_000)}`);
}

test('#62 each compression of Java is read, binary and structured, and what was aborted is not', async () => {
  const topic = await world.topic();
  await produceInJava(topic);
  const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
  await reader.start();
  const committed = [0, 1, 2, 0, 1, 2].map((n) => `committed-${n}`);
  const ids = [...codecs.flatMap((codec) => Array.from({ length: events }, (_, n) => `${codec}-${n}`)), ...committed];
  await until(() => reader.records.length >= ids.length && reader.consumer.lag.get(`${topic}-0`) === 0, {
    timeoutMs: 20_000,
    what: 'all that Java wrote',
  });
  const parsed = reader.records.map((record) => parseCloudEvent(record));
  expect(parsed.map((one) => (one.ok ? one.event.id : one))).toEqual(ids);
  const text = 'größer 😀 '.repeat(20);
  for (const one of parsed) {
    if (!one.ok) continue;
    const { id, source, type, clientId, data } = one.event;
    expect({ source, type, clientId, data }).toEqual({
      source: '/java',
      type: 'order.created',
      clientId: 'acme',
      data: { id, text },
    });
  }
  await reader.stop();
}, 60_000);
