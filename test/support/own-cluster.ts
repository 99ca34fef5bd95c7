/** Three Kafka nodes that one test has for itself, to stop, kill and freeze them: replication 3, two in sync. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { EmbeddedServer } from '../../stack/embedded/embedded-server.ts';
import { newClusterId, startKafka } from '../../stack/embedded/kafka.ts';
import { freePorts } from '../../stack/ports.ts';
import { until } from './until.ts';

const nodes = 3;
const lookMs = 500;
const steadyLooks = 4;
/** The others hear of a node that was killed only when its session is over, after four seconds: what is seen before means nothing. */
const heardOfMs = 5_000;
/** A node that was killed reads its logs again and waits for its session to end, beside twelve apps on two processors. */
const readyDeadlineMs = 180_000;
const inSyncDeadlineMs = 180_000;

export class OwnCluster {
  /** As KAFKA_BROKERS says it. */
  readonly address: string;
  private readonly folder: string;
  private readonly launchNode: (node: number) => Promise<EmbeddedServer>;
  private readonly running = new Map<number, EmbeddedServer>();
  private killedAt = -Infinity;

  static async start(): Promise<OwnCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'webhooks-own-cluster-'));
    const cluster = new OwnCluster(folder, await freePorts(2 * nodes));
    try {
      await Promise.all(cluster.nodes.map((node) => cluster.startNode(node)));
      await cluster.inSync();
    } catch (error) {
      await cluster.remove();
      throw error;
    }
    return cluster;
  }

  private constructor(folder: string, ports: readonly number[]) {
    const brokerPorts = ports.slice(0, nodes);
    const controllerPorts = ports.slice(nodes);
    const clusterId = newClusterId();
    this.folder = folder;
    this.address = brokerPorts.map((port) => `127.0.0.1:${port}`).join(',');
    this.launchNode = (nodeId) =>
      startKafka({
        port: brokerPorts[nodeId - 1] ?? 0,
        controllerPort: controllerPorts[nodeId - 1] ?? 0,
        membership: { clusterId, nodeId, controllerPorts },
        readyDeadlineMs,
        dataDir: join(folder, `node-${nodeId}`),
        logFile: join(folder, `node-${nodeId}.log`),
        onProgress: () => undefined,
      });
  }

  /** Their ids. */
  get nodes(): readonly number[] {
    return Array.from({ length: nodes }, (_, index) => index + 1);
  }

  async startNode(node: number): Promise<void> {
    this.running.set(node, await this.launchNode(node));
  }

  /** As an upgrade does it: leaders move first. */
  async stopNode(node: number): Promise<void> {
    await this.running.get(node)?.stop();
  }

  async killNode(node: number): Promise<void> {
    await this.running.get(node)?.kill();
    this.killedAt = performance.now();
  }

  /** It holds its connections and answers nothing, until {@link thawNode}. */
  freezeNode(node: number): void {
    this.signal(node, 'SIGSTOP');
  }

  thawNode(node: number): void {
    this.signal(node, 'SIGCONT');
  }

  /** The node that leads most partitions of a topic. */
  async leaderOf(topic: string): Promise<number> {
    const { topics } = await this.asked((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    const led = new Map<number, number>();
    for (const { leader } of topics[0]?.partitions ?? []) led.set(leader, (led.get(leader) ?? 0) + 1);
    const [most] = [...led].sort(([, one], [, other]) => other - one);
    if (most === undefined) throw new Error(`${topic} has no partitions`);
    return most[0];
  }

  /** The node that coordinates a consumer group: the leader of the partition of `__consumer_offsets` that has its name. */
  async coordinatorOf(groupId: string): Promise<number> {
    const { topics } = await this.asked((admin) => admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] }));
    const partitions = topics[0]?.partitions ?? [];
    const wanted = (javaHash(groupId) & 0x7fffffff) % partitions.length;
    const found = partitions.find(({ partitionId }) => partitionId === wanted);
    if (found === undefined) throw new Error(`group ${groupId} has no coordinator`);
    return found.leader;
  }

  /** Resolves when all nodes are there and every partition has all of its replicas in sync, and that for some seconds. */
  async inSync(): Promise<void> {
    let seen = 0;
    const isSteady = async () => {
      const isHeardOf = performance.now() > this.killedAt + heardOfMs;
      seen = isHeardOf && (await this.isWhole()) ? seen + 1 : 0;
      return seen >= steadyLooks;
    };
    await until(isSteady, { timeoutMs: inSyncDeadlineMs, everyMs: lookMs, what: 'all replicas are in sync' });
  }

  async remove(): Promise<void> {
    await Promise.all([...this.running.values()].map((server) => server.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private signal(node: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.running.get(node)?.pid ?? null;
    if (pid === null) throw new Error(`node ${node} is not running`);
    process.kill(pid, signal);
  }

  private async isWhole(): Promise<boolean> {
    try {
      return await this.asked(async (admin) => {
        const { brokers } = await admin.describeCluster();
        const { topics } = await admin.fetchTopicMetadata();
        const partitions = topics.flatMap((topic) => topic.partitions);
        return (
          brokers.length === nodes &&
          partitions.every(({ leader, isr, replicas }) => leader > 0 && isr.length === replicas.length)
        );
      });
    } catch {
      return false;
    }
  }

  private async asked<Answer>(question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const kafka = new Kafka({
      clientId: 'cluster-watch',
      brokers: this.address.split(','),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      retry: { retries: 3 },
    });
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await question(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

/** String.hashCode of Java, by which Kafka finds a group's partition (GroupMetadataManager.partitionFor). */
function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash;
}
