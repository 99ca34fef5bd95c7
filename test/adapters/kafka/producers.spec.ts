/**
 * What the world's clients write, as it is: read by our consumer and taken for events. Java is asked for by the project itself, kcat
 * (librdkafka) comes with `.ci/run`; the others are tried where they are:
 *   pip install -r test/support/producers/requirements.txt   (PRODUCERS_PYTHON names the Python that has it)
 *   go mod download                                          (in test/support/producers/go)
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
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
const buildMs = 60_000;
const text = 'größer 😀 '.repeat(20);
const folder = join(repositoryRoot, 'test', 'support', 'producers');
const scratch = mkdtempSync(join(tmpdir(), 'webhooks-producers-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

interface Producers {
  /** As the source of its events has it. */
  readonly name: string;
  /** Null: it is not here. */
  readonly write: ((topic: string) => Promise<void>) | null;
  /** What it writes besides. */
  readonly more?: readonly string[];
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function run({ command, args, stdin = '', env = {} }: Program): Promise<void> {
  const child = spawn(command, args, { cwd: repositoryRoot, env: { ...process.env, ...env } });
  let trouble = '';
  child.stderr.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
  child.stdout.resume();
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${trouble.slice(-2_000)}`);
}

const java: Producers = {
  name: 'java',
  write: async (topic) => {
    const jars = await fetchKafka(kafkaVersion, { onProgress: () => undefined });
    const program = [join(folder, 'JavaProducers.java'), world.brokers.join(','), topic];
    const args = ['-XX:TieredStopAtLevel=1', '-Xmx128m', '-cp', `${jars}/*`, ...program];
    await run({ command: requireJava(), args, env: javaEnvironment });
  },
  // What was aborted is not read.
  more: [0, 1, 2, 0, 1, 2].map((n) => `committed-${n}`),
};

function kcatHere(): string | null {
  const unpacked = join(repositoryRoot, '.cache', 'kcat', 'kcat');
  const command = existsSync(unpacked) ? unpacked : 'kcat';
  const env = { ...process.env, LD_LIBRARY_PATH: dirname(command) };
  return spawnSync(command, ['-V'], { env }).status === 0 ? command : null;
}

/** Headers are said for a whole run of it: one event in binary mode, the others structured in batches. */
function kcat(): Producers {
  const command = kcatHere();
  const attributes = { specversion: '1.0', source: '/kcat', type: 'order.created', clientid: 'acme' };
  const write = async (topic: string) => {
    for (const codec of codecs) {
      const [first = '', ...others] = Array.from({ length: events }, (_, n) => `${codec}-${n}`);
      const binary = Object.entries({ ...attributes, id: first }).map(([name, value]) => `ce_${name}=${value}`);
      const structured = others.map((id) => JSON.stringify({ ...attributes, id, data: { id, text } }));
      await produce(topic, codec, [...binary, 'content-type=application/json'], [JSON.stringify({ id: first, text })]);
      await produce(topic, codec, ['content-type=application/cloudevents+json'], structured);
    }
  };
  const produce = (topic: string, codec: string, headers: readonly string[], values: readonly string[]) => {
    const settings = ['enable.idempotence=true', `compression.codec=${codec}`, 'linger.ms=50'];
    const to = ['-P', '-b', world.brokers.join(','), '-t', topic, '-p', '0', '-k', 'key'];
    const args = [...to, ...settings.flatMap((one) => ['-X', one]), ...headers.flatMap((one) => ['-H', one])];
    const env = { LD_LIBRARY_PATH: dirname(command ?? '') };
    return run({ command: command ?? '', args, env, stdin: values.join('\n') });
  };
  return { name: 'kcat', write: command === null ? null : write };
}

function python(name: string): Producers {
  const command = process.env['PRODUCERS_PYTHON'] ?? 'python3';
  const args = [join(folder, 'producers.py'), name];
  const isHere = spawnSync(command, args).status === 0;
  const write = (topic: string) => run({ command, args: [...args, world.brokers.join(','), topic] });
  return { name, write: isHere ? write : null };
}

/** Built of what was downloaded before: no test asks a registry. */
function goProgram(): string | null {
  const program = join(scratch, 'producers');
  try {
    const env = { ...process.env, GOPROXY: 'off', GOFLAGS: '-mod=mod' };
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: join(folder, 'go'),
      env,
      stdio: 'pipe',
      timeout: buildMs,
    });
    return program;
  } catch {
    return null;
  }
}

const program = goProgram();
const go = (name: string): Producers => ({
  name,
  write: program === null ? null : (topic) => run({ command: program, args: [name, world.brokers.join(','), topic] }),
});

const all = [
  java,
  kcat(),
  ...['confluent-kafka', 'kafka-python', 'aiokafka'].map(python),
  ...['franz-go', 'sarama', 'kafka-go'].map(go),
];
const here = all.filter(({ write }) => write !== null);
for (const { name } of all.filter(({ write }) => write === null)) {
  process.stdout.write(`not tried, because it is not on this machine: the producers of ${name}\n`);
}

test.each(here)(
  '#62 each compression of $name is read, binary and structured',
  async ({ name, write, more = [] }) => {
    const topic = await world.topic();
    await write?.(topic);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    const ids = [...codecs.flatMap((codec) => Array.from({ length: events }, (_, n) => `${codec}-${n}`)), ...more];
    await until(() => reader.records.length >= ids.length && reader.consumer.lag.get(`${topic}-0`) === 0, {
      timeoutMs: 20_000,
      what: `all that ${name} wrote`,
    });
    const parsed = reader.records.map((record) => parseCloudEvent(record));
    expect(parsed.map((one) => (one.ok ? one.event.id : one))).toEqual(ids);
    for (const one of parsed) {
      if (!one.ok) continue;
      const { id, source, type, clientId, data } = one.event;
      expect({ source, type, clientId, data }).toEqual({
        source: `/${name}`,
        type: 'order.created',
        clientId: 'acme',
        data: { id, text },
      });
    }
    await reader.stop();
  },
  120_000,
);
