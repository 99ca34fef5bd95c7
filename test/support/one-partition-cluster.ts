/** A cluster of one broker with one topic of one partition, in this process: what is read of it is what a test has put there. */
import type { ClusterLink } from '../../libs/kafka/cluster/cluster-link.ts';
import type { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { batchBytesMax, writeBatch } from '../../libs/kafka/batch/record-batch-writer.ts';

/** Of one character: a request names the offset at a place that depends on it. */
export const onlyTopic = 't';
/** Where the body of a request names the offset. */
const offsetAt = 44;
const outOfRange = 1;
/** The timestamp of all records. */
export const writtenAt = 1_700_000_000_000;

export interface OneLog {
  /** Null: of a cluster without ids. */
  readonly id: string | null;
  readonly start: number;
  readonly values: (string | Buffer)[];
}

export interface OnePartitionCluster {
  readonly client: KafkaClient;
  /** A test may make it anew. */
  log: OneLog;
  /** From where each fetch asked. */
  readonly asked: number[];
}

export function onePartitionCluster(first: OneLog): OnePartitionCluster {
  const asked: number[] = [];
  const cluster: OnePartitionCluster = { log: first, asked, client: { link: () => link } as unknown as KafkaClient };
  const broker = new Leader(() => cluster.log, asked);
  const at = (offset: number) => Promise.resolve(new Map([[`${onlyTopic}-0`, offset]]));
  const link = {
    cluster: {
      findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
      refreshMetadataIfNecessary: () => Promise.resolve(),
      refreshMetadata: () => Promise.resolve(),
      findBroker: () => Promise.resolve(broker),
    },
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    partitionsOf: () => [0],
    topicIds: () => Promise.resolve(new Map(cluster.log.id === null ? [] : [[onlyTopic, cluster.log.id]])),
    offsetRanges: () =>
      Promise.resolve(new Map([[`${onlyTopic}-0`, { start: cluster.log.start, end: endOf(cluster.log) }]])),
    offsetsSince: () => at(cluster.log.start),
    offsets: (_: unknown, fromBeginning: boolean) => at(fromBeginning ? cluster.log.start : endOf(cluster.log)),
  } as unknown as ClusterLink;
  return cluster;
}

function batchFrom(log: OneLog, offset: number): Buffer | null {
  const values = log.values.slice(offset - log.start);
  if (values.length === 0) return null;
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }));
  const buffer = Buffer.alloc(batchBytesMax(records));
  const end = writeBatch(buffer, 0, records, { id: -1n, epoch: 0, firstSequence: 0 }, writtenAt);
  buffer.writeBigInt64BE(BigInt(offset), 0);
  return buffer.subarray(0, end);
}

const endOf = ({ start, values }: OneLog) => start + values.length;

class Leader {
  private readonly log: () => OneLog;
  private readonly asked: number[];

  constructor(log: () => OneLog, asked: number[]) {
    this.log = log;
    this.asked = asked;
  }

  lookupRequest(): (fields: object) => { request: object; response: object } {
    return () => ({ request: { apiVersion: 11 }, response: {} });
  }

  async fetch(): Promise<object> {
    const { request } = this.lookupRequest()({}) as { request: { encode(): Promise<{ buf: Buffer }> } };
    const offset = Number((await request.encode()).buf.readBigInt64BE(offsetAt));
    this.asked.push(offset);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const log = this.log();
    const isThere = offset >= log.start && offset <= endOf(log);
    const answer = {
      topic: onlyTopic,
      partition: 0,
      errorCode: isThere ? 0 : outOfRange,
      highWatermark: endOf(log),
      abortedTransactions: [],
      batches: isThere ? batchFrom(log, offset) : null,
    };
    return { throttleTime: 0, clientSideThrottleTime: 0, responses: [{ topicName: onlyTopic, partitions: [answer] }] };
  }
}
