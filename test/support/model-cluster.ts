/**
 * Three brokers with one topic, as far as a producer can see, by the rules of Kafka: a leader and replicas for each
 * partition, what is not replicated may be lost with the leader, the last five batches of a producer are remembered,
 * sequence numbers and epochs are checked. A seed decides on answers that are lost, late or errors, on brokers that are
 * frozen and thawed with requests in their sockets, on leaders that move and old leaders that do not know it yet.
 * Source: Apache Kafka, ProducerAppendInfo and ProducerStateEntry.
 */
import { NotSentError, type ProducerLink, type TopicLeaders } from '../../libs/kafka/producer/producer-link.ts';
import type { PartitionAnswer } from '../../libs/kafka/producer/produce-request.ts';
import type { TurnedClock } from './turned-clock.ts';

export interface ModelOptions {
  readonly clock: TurnedClock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly partitions: number;
  readonly batchBytesMax: number;
  /** From Kafka 4.5 on a partition that was always empty takes only sequence 0 (KAFKA-15591). */
  readonly isStrictWhenEmpty: boolean;
}

export interface ModelBatch {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly values: readonly string[];
}

interface Partition {
  leader: number;
  log: ModelBatch[];
  /** Batches at the beginning of the log that all replicas have. */
  replicated: number;
  /** What nodes that led before believe the log to be. */
  readonly old: Map<number, ModelBatch[]>;
}

interface Frame {
  readonly partition: number;
  readonly bytes: number;
  readonly batch: ModelBatch;
}

const codes = {
  none: 0,
  unknownTopic: 3,
  notLeader: 6,
  timedOut: 7,
  tooLarge: 10,
  notEnough: 19,
  notEnoughAfter: 20,
  forbidden: 29,
  outOfOrder: 45,
  invalidEpoch: 47,
  storage: 56,
};
const beforeAppend = [codes.notLeader, codes.notEnough, codes.storage, codes.unknownTopic, codes.forbidden, 13, 999];
const afterAppend = [codes.notLeader, codes.timedOut, codes.notEnoughAfter, 13, 999];
const nodes = [0, 1, 2];

export class ModelCluster implements ProducerLink {
  readonly topic = 't';
  readonly partitions: Partition[];
  /** Share of requests that meet a fault, and of moments in which a leader moves. */
  faults = 0.4;
  concurrentMax = 0;
  readonly seen = new Map<string, number>();
  private readonly options: ModelOptions;
  /** No broker answers who leads. */
  isAway = false;
  private readonly frozen = new Map<number, (() => void)[]>();
  private readonly underWay = new Map<number, number>();
  private producers = 0n;

  constructor(options: ModelOptions) {
    this.options = options;
    this.partitions = Array.from({ length: options.partitions }, (_, index) => ({
      leader: index % nodes.length,
      log: [],
      replicated: 0,
      old: new Map<number, ModelBatch[]>(),
    }));
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async producerId(): Promise<{ producerId: bigint; epoch: number }> {
    await this.wait(this.some(5));
    if (this.isFault(0.3)) throw new Error('coordinator not available');
    this.producers += 1n;
    return { producerId: this.producers, epoch: 0 };
  }

  async topics(): Promise<readonly TopicLeaders[]> {
    await this.wait(this.some(20));
    if (this.isAway || this.isFault(0.3)) throw new Error('no broker answered');
    if (this.isFault(0.1)) return [{ topic: this.topic, errorCode: 5, leaders: [] }];
    return [
      {
        topic: this.topic,
        errorCode: 0,
        // A broker may know only the leader of before.
        leaders: this.partitions.map(({ leader, old }) => {
          if (this.isFault(0.2)) return -1;
          return this.isFault(0.3) ? ([...old.keys()][0] ?? leader) : leader;
        }),
      },
    ];
  }

  async produce(nodeId: number, body: () => Buffer, isWanted: () => boolean): Promise<readonly PartitionAnswer[]> {
    // A frozen broker takes its time for a connection too.
    await this.wait(this.some(this.frozen.has(nodeId) ? 5_000 : 3));
    if (this.isFault(0.2)) throw this.note('refused', new NotSentError('connection refused'));
    if (!isWanted()) throw this.note('unwanted', new NotSentError('not wanted'));
    const frames = parse(body());
    const count = (this.underWay.get(nodeId) ?? 0) + 1;
    this.underWay.set(nodeId, count);
    this.concurrentMax = Math.max(this.concurrentMax, count);
    try {
      return await this.exchange(nodeId, frames);
    } finally {
      this.underWay.set(nodeId, (this.underWay.get(nodeId) ?? 0) - 1);
    }
  }

  /** A leader dies, or is frozen for a while: another one leads, without what was not replicated, or with it. */
  disturb(): void {
    if (!this.isFault(1)) return;
    const partition = this.partitions[Math.floor(this.options.random() * this.partitions.length)] as Partition;
    const { leader } = partition;
    if (this.options.random() < 0.4 && !this.frozen.has(leader)) this.freeze(leader);
    partition.old.set(leader, [...partition.log]);
    // It learns soon that it leads no more, or once it is thawed.
    if (!this.frozen.has(leader)) this.options.clock.after(this.some(300), () => partition.old.delete(leader));
    if (this.options.random() < 0.5) partition.log.length = partition.replicated;
    partition.replicated = partition.log.length;
    partition.leader = (leader + 1 + Math.floor(this.options.random() * 2)) % nodes.length;
    partition.old.delete(partition.leader);
    this.note('leader moved', null);
  }

  /** Values in the log of a partition, in order. */
  values(partition: number): string[] {
    return (this.partitions[partition]?.log ?? []).flatMap(({ values }) => values);
  }

  private freeze(node: number): void {
    this.note('frozen', null);
    this.frozen.set(node, []);
    this.options.clock.after(500 + this.some(8_000), () => {
      const waiting = this.frozen.get(node) ?? [];
      this.frozen.delete(node);
      for (const work of waiting) work();
      this.options.clock.after(this.some(300), () => {
        for (const { old } of this.partitions) old.delete(node);
      });
    });
  }

  private exchange(nodeId: number, frames: readonly Frame[]): Promise<readonly PartitionAnswer[]> {
    const { clock } = this.options;
    return new Promise((resolve, reject) => {
      let isOpen = true;
      const fail = (why: string) => {
        if (isOpen) reject(this.note(why, new Error(why)));
        isOpen = false;
      };
      const isCutBefore = this.isFault(0.1);
      const isCutAfter = this.isFault(0.15);
      const serve = () => {
        const answers = frames.map((frame) => ({
          topic: this.topic,
          partition: frame.partition,
          errorCode: this.append(nodeId, frame),
        }));
        if (isCutAfter) fail('cut after');
        else {
          isOpen = false;
          clock.after(this.some(this.isFault(0.1) ? 3_000 : 10), () => {
            resolve(answers);
          });
        }
      };
      if (isCutBefore) {
        fail('cut before');
        // What was in the socket may be read all the same, much later.
        if (this.options.random() < 0.5) clock.after(this.some(5_000), serve);
        return;
      }
      // The client gives up at last; the broker reads it when it is thawed.
      clock.after(35_000, () => {
        fail('timed out');
      });
      const waiting = this.frozen.get(nodeId);
      if (waiting === undefined) clock.after(this.some(10), serve);
      else waiting.push(serve);
    });
  }

  private append(nodeId: number, { partition: index, batch, bytes }: Frame): number {
    const partition = this.partitions[index] as Partition;
    const isLeader = partition.leader === nodeId;
    const log = isLeader ? partition.log : partition.old.get(nodeId);
    if (log === undefined) return this.count(codes.notLeader);
    if (this.isFault(0.25)) return this.count(this.oneOf(beforeAppend));
    if (bytes > this.options.batchBytesMax) return this.count(codes.tooLarge);
    const code = this.check(log, batch);
    if (code === 'duplicate') this.note('duplicate', null);
    else if (code !== codes.none) return this.count(code);
    else log.push(batch);
    // One that leads no more cannot replicate anything.
    if (!isLeader) return this.count(this.oneOf([codes.notLeader, codes.timedOut]));
    if (this.isFault(0.2)) return this.count(this.oneOf(afterAppend));
    partition.replicated = partition.log.length;
    return codes.none;
  }

  private check(log: readonly ModelBatch[], batch: ModelBatch): number | 'duplicate' {
    const own = log.filter(({ producerId }) => producerId === batch.producerId);
    const last = own.at(-1);
    if (last === undefined) {
      const mustBeFirst = this.options.isStrictWhenEmpty && log.length === 0;
      return mustBeFirst && batch.sequence !== 0 ? codes.outOfOrder : codes.none;
    }
    if (batch.epoch < last.epoch) return codes.invalidEpoch;
    if (batch.epoch > last.epoch) return batch.sequence === 0 ? codes.none : codes.outOfOrder;
    const remembered = own.filter(({ epoch }) => epoch === batch.epoch).slice(-5);
    const isKnown = remembered.some(
      ({ sequence, values }) => sequence === batch.sequence && values.length === batch.values.length,
    );
    if (isKnown) return 'duplicate';
    return batch.sequence === last.sequence + last.values.length ? codes.none : codes.outOfOrder;
  }

  private isFault(share: number): boolean {
    return this.options.random() < this.faults * share;
  }

  private some(ms: number): number {
    return this.options.random() * ms;
  }

  private oneOf(from: readonly number[]): number {
    return from[Math.floor(this.options.random() * from.length)] ?? 0;
  }

  private count(code: number): number {
    this.note(`code ${code}`, null);
    return code;
  }

  private note<T>(what: string, given: T): T {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
    return given;
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.clock.after(ms, resolve));
  }
}

/** Body of a produce request with one topic. */
function parse(body: Buffer): Frame[] {
  let at = 12;
  at += 2 + body.readInt16BE(at);
  const count = body.readInt32BE(at);
  at += 4;
  const frames: Frame[] = [];
  for (let index = 0; index < count; index += 1) {
    const partition = body.readInt32BE(at);
    const bytes = body.readInt32BE(at + 4);
    frames.push({ partition, bytes, batch: parseBatch(body.subarray(at + 8, at + 8 + bytes)) });
    at += 8 + bytes;
  }
  return frames;
}

function parseBatch(bytes: Buffer): ModelBatch {
  const values: string[] = [];
  let at = 61;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  };
  for (let left = bytes.readInt32BE(57); left > 0; left -= 1) {
    const length = varint();
    const end = at + length;
    at += 2; // attributes and time
    varint(); // number in the batch
    varint(); // no key
    const valueBytes = varint();
    values.push(bytes.toString('utf8', at, at + valueBytes).trimEnd());
    at = end;
  }
  return {
    producerId: bytes.readBigInt64BE(43),
    epoch: bytes.readInt16BE(51),
    sequence: bytes.readInt32BE(53),
    values,
  };
}
