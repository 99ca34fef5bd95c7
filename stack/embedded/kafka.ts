/**
 * Embedded Kafka with settings for a small machine: one node that is broker and controller. Tests start several as one cluster.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { StackFailure } from '../failure.ts';
import { startGuarded, type GuardedProcess } from './guarded-process.ts';
import { javaEnvironment, requireJava } from './java.ts';
import { fetchKafka } from './maven.ts';
import type { EmbeddedOptions, EmbeddedServer } from './embedded-server.ts';

export const kafkaVersion = '4.4.0';

/** Where `npm start` runs it. The controller listens one port above. */
export const kafkaPort = 19_092;

export interface KafkaOptions extends EmbeddedOptions {
  readonly controllerPort: number;
  /** Default: the node is a cluster of its own. */
  readonly membership?: ClusterMembership;
  /** Password of each user that logs in by SCRAM-SHA-512, made with the data folder. Default: none */
  readonly scramUsers?: Readonly<Record<string, string>>;
  /** In milliseconds. Default: 60,000. */
  readonly readyDeadlineMs?: number;
}

/** A node's place among the nodes of a cluster, each broker and controller. */
export interface ClusterMembership {
  /** The same for all of them: 16 bytes as base64url. */
  readonly clusterId: string;
  readonly nodeId: number;
  /** Controller ports of all nodes, this one included; node ids count from 1 in this order. */
  readonly controllerPorts: readonly number[];
}

export function newClusterId(): string {
  return randomBytes(16).toString('base64url');
}

/** `address` of the result is host:port. @throws StackFailure, Stopped */
export async function startKafka(options: KafkaOptions): Promise<EmbeddedServer> {
  const java = requireJava();
  const jars = await fetchKafka(kafkaVersion, options);
  mkdirSync(options.dataDir, { recursive: true });
  writeFileSync(join(options.dataDir, settingsFile), settings(options));
  writeFileSync(join(options.dataDir, 'log4j2.yaml'), logSettings);
  options.onProgress('starting');
  if (!existsSync(join(options.dataDir, 'log', 'meta.properties'))) format(java, jars, options);
  const server: GuardedProcess = await startGuarded({
    ...options,
    name: 'Kafka',
    command: java,
    args: [
      '-Xms256m',
      '-Xmx512m',
      // A development broker starts often and works little.
      '-XX:TieredStopAtLevel=1',
      // What a collection stops is every webhook's way: with both processors it stops half as long.
      '-XX:+UseParallelGC',
      '-Dlog4j2.configurationFile=log4j2.yaml',
      `${markOption}${options.dataDir}`,
      '-cp',
      classPath(jars, options),
      'kafka.Kafka',
      settingsFile,
    ],
    cwd: options.dataDir,
    env: javaEnvironment,
    stopSignal: 'TERM',
    pidFile: join(options.dataDir, 'server.pid'),
    mark: `${markOption}${options.dataDir}`,
    ports: [options.port, options.controllerPort],
    isReady: () => accepts(options.port),
    readyDeadlineMs: options.readyDeadlineMs ?? 60_000,
  });
  return {
    address: `127.0.0.1:${options.port}`,
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

/**
 * Kafka runs in its data folder and is given names below it: a list of folders is split at commas, one of jars at colons, and
 * a file of properties is read as Latin-1, with backslashes of its own.
 */
const settingsFile = 'server.properties';
/** Tells this server from others in a list of processes, and nothing else. */
const markOption = '-Dstack.data=';

function classPath(jars: string, { dataDir }: KafkaOptions): string {
  return join(relative(dataDir, jars), '*');
}

function format(java: string, jars: string, options: KafkaOptions): void {
  const clusterId = options.membership?.clusterId ?? newClusterId();
  // In one word: an id may begin with a dash, and would then be taken for an option.
  const args = [
    '-cp',
    classPath(jars, options),
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${clusterId}`,
    '-c',
    settingsFile,
    ...Object.entries(options.scramUsers ?? {}).flatMap(([name, password]) => [
      '--add-scram',
      `SCRAM-SHA-512=[name=${name},password=${password}]`,
    ]),
  ];
  const { status, stderr, error } = spawnSync(java, ['-XX:TieredStopAtLevel=1', ...args], {
    cwd: options.dataDir,
    env: { ...process.env, ...javaEnvironment },
    encoding: 'utf8',
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  throw new StackFailure(`Kafka's data folder cannot be prepared: ${reason}`);
}

/** The broker opens its port only once it has caught up and may serve. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

function settings(options: KafkaOptions): string {
  const broker = `PLAINTEXT://127.0.0.1:${options.port}`;
  const { nodeId = 1, controllerPorts = [options.controllerPort] } = options.membership ?? {};
  const voters = controllerPorts.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',');
  // A cluster keeps its internal topics as it keeps others; one node cannot. Few partitions of them are enough.
  const replicas = Math.min(3, controllerPorts.length);
  const inSync = Math.max(1, replicas - 1);
  return `process.roles=broker,controller
node.id=${nodeId}
controller.quorum.voters=${voters}
listeners=${broker},CONTROLLER://127.0.0.1:${options.controllerPort}
advertised.listeners=${broker}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=log
auto.create.topics.enable=false
min.insync.replicas=${inSync}
offsets.topic.replication.factor=${replicas}
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=${replicas}
transaction.state.log.min.isr=${inSync}
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=${replicas}
share.coordinator.state.topic.min.isr=${inSync}
share.coordinator.state.topic.num.partitions=8
group.initial.rebalance.delay.ms=0
# After a kill a broker is let in again when the session of its former life is over, by default after nine seconds.
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=4000
# Small machines: little memory for compaction, small files, few threads.
log.cleaner.dedupe.buffer.size=16777216
log.segment.bytes=134217728
log.index.size.max.bytes=1048576
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
background.threads=2
# Waiting requests that were answered are kept until so many have gathered, by default 1000 of several kilobytes each:
# they survive every collection and make it longer.
fetch.purgatory.purge.interval.requests=100
producer.purgatory.purge.interval.requests=100
${Object.entries(options.settings ?? {})
  .map(([name, value]) => `${name}=${value}\n`)
  .join('')}`;
}

const logSettings = `Configuration:
  Properties:
    Property:
      - name: pattern
        value: "%d %p %m (%c)%n"
  Appenders:
    Console:
      name: out
      PatternLayout:
        pattern: "\${pattern}"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        - ref: out
`;
