/**
 * Brokers of one cluster as far as a consumer group of one member can see them: topics with records, leaders, a coordinator,
 * commits. Each can be frozen, partitions can lose their leader, the group can move and share anew. Topics and the group can be
 * changed at any moment; clients learn of it as from a real cluster.
 */
import { writeBatch, batchBytesMax } from '../../libs/kafka/batch/record-batch-writer.ts';
import {
  apiKeys,
  FakeBroker,
  int16,
  int32,
  int64,
  list,
  metadataAnswer,
  text,
  type BrokerAnswer,
  type BrokerRequest,
} from './fake-broker.ts';
import { RequestReader } from './request-reader.ts';

export interface FakePartition {
  /** Number of the node; -1: none. */
  leader: number;
  /** Values; the offset is the place. */
  readonly values: string[];
}

interface Group {
  generation: number;
  memberId: string;
  instanceId: string | null;
  subscription: Buffer;
  assignment: Buffer;
  /** The next heartbeat hears of it. */
  isSharingAnew: boolean;
}

const codes = {
  none: 0,
  unknownTopic: 3,
  noLeader: 5,
  notLeader: 6,
  notCoordinator: 16,
  unknownMember: 25,
  sharing: 27,
};
const nothing = int32(0);
const producer = { id: -1n, epoch: -1, firstSequence: -1 };

export class FakeCluster {
  readonly brokers: readonly FakeBroker[];
  readonly topics = new Map<string, FakePartition[]>();
  /** By `topic-partition`. */
  readonly committed = new Map<string, number>();
  readonly group: Group = {
    generation: 0,
    memberId: '',
    instanceId: null,
    subscription: Buffer.alloc(0),
    assignment: Buffer.alloc(0),
    isSharingAnew: false,
  };
  /** Number of the node. */
  coordinator = 0;
  private members = 0;

  static async start(nodes: number): Promise<FakeCluster> {
    const cluster = new FakeCluster(nodes);
    await Promise.all(cluster.brokers.map((broker) => broker.start()));
    return cluster;
  }

  private constructor(nodes: number) {
    this.brokers = Array.from(
      { length: nodes },
      () => new FakeBroker((request, broker) => this.answer(request, broker)),
    );
  }

  get addresses(): string[] {
    return this.brokers.map(({ address }) => address);
  }

  node(id: number): FakeBroker {
    const broker = this.brokers[id];
    if (broker === undefined) throw new Error(`there is no node ${id}`);
    return broker;
  }

  partition(topic: string, partition: number): FakePartition {
    const found = this.topics.get(topic)?.[partition];
    if (found === undefined) throw new Error(`there is no ${topic}-${partition}`);
    return found;
  }

  /** Leaders by partition. */
  addTopic(topic: string, leaders: readonly number[]): void {
    this.topics.set(
      topic,
      leaders.map((leader) => ({ leader, values: [] })),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()));
  }

  private answer(request: BrokerRequest, broker: FakeBroker): BrokerAnswer | Promise<BrokerAnswer> {
    const node = this.brokers.indexOf(broker);
    const reader = new RequestReader(request.body);
    const isCoordinator = node === this.coordinator;
    switch (request.apiKey) {
      case apiKeys.metadata:
        return this.metadata(reader);
      case apiKeys.findCoordinator:
        return this.coordinatorAnswer();
      case apiKeys.listOffsets:
        return this.offsets(reader, node);
      case apiKeys.fetch:
        return this.fetch(reader, node);
      case apiKeys.joinGroup:
        return this.join(reader, isCoordinator);
      case apiKeys.syncGroup:
        return this.sync(reader);
      case apiKeys.heartbeat:
        return Buffer.concat([nothing, int16(this.standing(reader, isCoordinator))]);
      case apiKeys.leaveGroup:
        this.group.memberId = '';
        return Buffer.concat([nothing, int16(codes.none), list([], () => nothing)]);
      case apiKeys.offsetCommit:
        return this.commit(reader, isCoordinator);
      case apiKeys.offsetFetch:
        return this.committedOf(reader);
      default:
        return 'cut';
    }
  }

  private metadata(reader: RequestReader): Buffer {
    const named = reader.list(() => reader.text());
    const names = named.length === 0 ? [...this.topics.keys()] : named;
    const topics = names.map((topic) => {
      const partitions = this.topics.get(topic);
      return {
        topic,
        errorCode: partitions === undefined ? 3 : 0,
        leaders: (partitions ?? []).map(({ leader }) => leader),
      };
    });
    return metadataAnswer(this.brokers, topics);
  }

  private coordinatorAnswer(): Buffer {
    const { port } = this.node(this.coordinator);
    const where = [int32(this.coordinator), text('127.0.0.1'), int32(port)];
    return Buffer.concat([nothing, int16(codes.none), int16(-1), ...where]);
  }

  private offsets(reader: RequestReader, node: number): Buffer {
    reader.int32();
    reader.int8();
    const topics = reader.list(() => ({
      topic: reader.text(),
      partitions: reader.list(() => ({ partition: reader.int32(), timestamp: reader.int64() })),
    }));
    const answers = list(topics, ({ topic, partitions }) =>
      Buffer.concat([
        text(topic),
        list(partitions, ({ partition, timestamp }) => {
          const { leader, values } = this.partition(topic, partition);
          const code = leader === node ? codes.none : codes.notLeader;
          const offset = timestamp === -1n ? values.length : 0;
          return Buffer.concat([int32(partition), int16(code), int64(-1n), int64(BigInt(offset))]);
        }),
      ]),
    );
    return Buffer.concat([nothing, answers]);
  }

  private async fetch(reader: RequestReader, node: number): Promise<Buffer> {
    reader.int32();
    const maxWaitMs = reader.int32();
    for (let skipped = 0; skipped < 2; skipped += 1) reader.int32();
    reader.int8();
    for (let skipped = 0; skipped < 2; skipped += 1) reader.int32();
    const asked = reader.list(() => ({
      topic: reader.text(),
      partitions: reader.list(() => {
        const partition = reader.int32();
        reader.int32();
        const next = Number(reader.int64());
        reader.int64();
        reader.int32();
        return { partition, next };
      }),
    }));
    const isThere = asked.some(({ topic, partitions }) =>
      partitions.some(({ partition, next }) => this.partition(topic, partition).values.length > next),
    );
    if (!isThere) await new Promise((resolve) => setTimeout(resolve, maxWaitMs));
    const topics = list(asked, ({ topic, partitions }) =>
      Buffer.concat([text(topic), list(partitions, (one) => this.fetched(topic, one, node))]),
    );
    return Buffer.concat([nothing, int16(codes.none), nothing, topics]);
  }

  private fetched(topic: string, { partition, next }: { partition: number; next: number }, node: number): Buffer {
    const { leader, values } = this.partition(topic, partition);
    const end = int64(BigInt(values.length));
    const code = leader === node ? codes.none : codes.notLeader;
    const records = code === codes.none ? batchOf(values.slice(next), next) : Buffer.alloc(0);
    const head = [int32(partition), int16(code), end, end, int64(0n), nothing, int32(-1)];
    return Buffer.concat([...head, int32(records.length), records]);
  }

  /** A member that comes back under its instance id while nothing changes is told of no change, and not that it leads. */
  private join(reader: RequestReader, isCoordinator: boolean): Buffer {
    reader.text();
    reader.int32();
    reader.int32();
    const memberId = reader.text();
    const instanceId = reader.nullableText();
    reader.text();
    const [protocol] = reader.list(() => ({ name: reader.text(), subscription: reader.bytes() }));
    const { group } = this;
    if (!isCoordinator || protocol === undefined) return joinAnswer(codes.notCoordinator, -1, '', '', []);
    if (memberId !== '' && memberId !== group.memberId) return joinAnswer(codes.unknownMember, -1, '', '', []);
    const isBack = memberId === '' && instanceId !== null && instanceId === group.instanceId;
    const before = group.memberId;
    if (memberId === '') group.memberId = `member-${(this.members += 1)}`;
    if (isBack && group.subscription.equals(protocol.subscription)) {
      return joinAnswer(codes.none, group.generation, before, group.memberId, []);
    }
    group.generation += 1;
    group.instanceId = instanceId;
    group.subscription = protocol.subscription;
    group.isSharingAnew = false;
    const members = [{ memberId: group.memberId, instanceId, subscription: group.subscription }];
    return joinAnswer(codes.none, group.generation, group.memberId, group.memberId, members);
  }

  private sync(reader: RequestReader): Buffer {
    for (const read of ['text', 'int32', 'text', 'nullableText'] as const) reader[read]();
    const assignments = reader.list(() => ({ memberId: reader.text(), assignment: reader.bytes() }));
    const own = assignments.find(({ memberId }) => memberId === this.group.memberId);
    if (own !== undefined) this.group.assignment = own.assignment;
    const { assignment } = this.group;
    return Buffer.concat([nothing, int16(codes.none), int32(assignment.length), assignment]);
  }

  /** @returns what a request of the group's member is answered with */
  private standing(reader: RequestReader, isCoordinator: boolean): number {
    reader.text();
    reader.int32();
    const memberId = reader.text();
    if (!isCoordinator) return codes.notCoordinator;
    if (memberId !== this.group.memberId) return codes.unknownMember;
    return this.group.isSharingAnew ? codes.sharing : codes.none;
  }

  private commit(reader: RequestReader, isCoordinator: boolean): Buffer {
    const standing = this.standing(reader, isCoordinator);
    // While the group is sharing anew, Kafka still takes commits of the generation before.
    const code = standing === codes.sharing ? codes.none : standing;
    const topics = reader.list(() => ({
      topic: reader.text(),
      partitions: reader.list(() => {
        const commit = { partition: reader.int32(), offset: Number(reader.int64()) };
        reader.nullableText();
        return commit;
      }),
    }));
    const answers = list(topics, ({ topic, partitions }) =>
      Buffer.concat([
        text(topic),
        list(partitions, ({ partition, offset }) => {
          if (code === codes.none) this.committed.set(`${topic}-${partition}`, offset);
          return Buffer.concat([int32(partition), int16(code)]);
        }),
      ]),
    );
    return Buffer.concat([nothing, answers]);
  }

  private committedOf(reader: RequestReader): Buffer {
    reader.text();
    const topics = reader.list(() => ({ topic: reader.text(), partitions: reader.list(() => reader.int32()) }));
    const answers = list(topics, ({ topic, partitions }) =>
      Buffer.concat([
        text(topic),
        list(partitions, (partition) => {
          const offset = this.committed.get(`${topic}-${partition}`) ?? -1;
          return Buffer.concat([int32(partition), int64(BigInt(offset)), text(''), int16(codes.none)]);
        }),
      ]),
    );
    return Buffer.concat([nothing, answers, int16(codes.none)]);
  }
}

function joinAnswer(
  code: number,
  generation: number,
  leaderId: string,
  memberId: string,
  members: readonly { memberId: string; instanceId: string | null; subscription: Buffer }[],
): Buffer {
  return Buffer.concat([
    nothing,
    int16(code),
    int32(generation),
    text('co-partition'),
    text(leaderId),
    text(memberId),
    list(members, ({ memberId: id, instanceId, subscription }) =>
      Buffer.concat([
        text(id),
        instanceId === null ? int16(-1) : text(instanceId),
        int32(subscription.length),
        subscription,
      ]),
    ),
  ]);
}

function batchOf(values: readonly string[], baseOffset: number): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }));
  const target = Buffer.alloc(batchBytesMax(records));
  const end = writeBatch(target, 0, records, producer, 0);
  target.writeBigInt64BE(BigInt(baseOffset), 0);
  return target.subarray(0, end);
}
