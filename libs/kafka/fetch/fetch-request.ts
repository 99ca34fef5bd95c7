/**
 * In: a broker, and the partitions to read from it. Out: what it answers for each, record batches as they are on disk.
 * Written and read here, because kafkajs makes a handful of objects and big integers of every record, for each reader of
 * it; sockets, versions, authentication and errors stay kafkajs' work.
 * Source: Kafka protocol, Fetch, version 11 (Kafka 2.3 and later), without a fetch session.
 */
import { createRequire } from 'node:module';
import type { Broker } from 'kafkajs';
import type { AbortedTransaction, FetchedPartition } from './fetched-batch.ts';

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** Of the whole answer, and of each partition in it; at least one batch comes, however large it is. */
  readonly answerBytesMax: number;
  readonly partitionBytesMax: number;
  /** Those before others are served first when the answer is full. */
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly next: number }[];
}

export interface FetchAnswer extends FetchedPartition {
  readonly topic: string;
}

const apiVersion = 11;
const readCommitted = 1;
/** In place of a partition. */
const wholeAnswer = -1;

interface Protocol {
  readonly request: { readonly apiVersion: number };
  readonly response: object;
}

/** What kafkajs' broker object has and its published type leaves out. */
interface FetchingBroker {
  lookupRequest(apiKey: number, versions: unknown): (fields: object) => Protocol;
  fetch(fields: { topics: readonly []; maxWaitTime: number }): Promise<DecodedAnswer>;
}

interface DecodedAnswer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  /** Named as kafkajs looks for errors in it. */
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchAnswer[] }[];
}

/** What a partition answers may be an error. @throws what kafkajs throws for a connection that fails, or an error of the whole */
export async function fetchFrom(broker: Broker, request: FetchRequest): Promise<readonly FetchAnswer[]> {
  const plain = broker as unknown as FetchingBroker;
  const own = Object.create(plain) as FetchingBroker;
  own.lookupRequest = (apiKey, versions) => {
    const make = plain.lookupRequest(apiKey, versions);
    return (fields) => {
      const protocol = make(fields);
      if (protocol.request.apiVersion !== apiVersion) {
        throw new Error(`the broker speaks Fetch ${protocol.request.apiVersion}: Kafka 2.3 or later is needed`);
      }
      return {
        ...protocol,
        request: { ...protocol.request, encode: () => Promise.resolve(encoded(fetchBody(request))) },
        response: {
          decode: (answer: Buffer) => Promise.resolve(decodeAnswer(answer)),
          parse: (decoded: DecodedAnswer) => Promise.resolve(decoded),
        },
      };
    };
  };
  const { responses } = await own.fetch({ topics: [], maxWaitTime: request.maxWaitMs });
  const answers = responses.flatMap(({ partitions }) => partitions);
  const whole = answers.find(({ partition }) => partition === wholeAnswer);
  if (whole !== undefined) throw brokerError(whole.errorCode);
  return answers;
}

/** What an error code stands for, as kafkajs names it. */
export function brokerError(code: number): Error & { readonly type: string } {
  return createErrorFromCode(code);
}

type KafkajsEncoder = new (bytes: number) => { buf: Buffer; offset: number };
const requireHere = createRequire(import.meta.url);
const Encoder = requireHere('kafkajs/src/protocol/encoder') as KafkajsEncoder;
const { createErrorFromCode } = requireHere('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error & { readonly type: string };
};

/** Bytes in the form in which kafkajs takes the body of a request. */
export function encoded(body: Buffer): InstanceType<KafkajsEncoder> {
  return Object.assign(new Encoder(1), { buf: body, offset: body.length });
}

/** Partitions of one topic that follow each other are named together; their order is the broker's order of service. */
export function fetchBody(request: FetchRequest): Buffer {
  const { maxWaitMs, minBytes, answerBytesMax, partitionBytesMax, partitions } = request;
  const runs = runsOf(partitions);
  const namesBytes = runs.reduce((bytes, { topic }) => bytes + 6 + topic.length * 3, 0);
  const body = Buffer.allocUnsafe(35 + namesBytes + partitions.length * 28);
  let at = body.writeInt32BE(-1, 0); // no replica
  at = body.writeInt32BE(maxWaitMs, at);
  at = body.writeInt32BE(minBytes, at);
  at = body.writeInt32BE(answerBytesMax, at);
  at = body.writeInt8(readCommitted, at);
  at = body.writeInt32BE(0, at); // no session
  at = body.writeInt32BE(-1, at);
  at = body.writeInt32BE(runs.length, at);
  for (const { topic, members } of runs) {
    const nameBytes = body.write(topic, at + 2);
    at = body.writeInt16BE(nameBytes, at) + nameBytes;
    at = body.writeInt32BE(members.length, at);
    for (const { partition, next } of members) {
      at = body.writeInt32BE(partition, at);
      at = body.writeInt32BE(-1, at); // any leader epoch
      at = body.writeBigInt64BE(BigInt(next), at);
      at = body.writeBigInt64BE(-1n, at);
      at = body.writeInt32BE(partitionBytesMax, at);
    }
  }
  at = body.writeInt32BE(0, at); // nothing forgotten
  at = body.writeInt16BE(0, at); // no rack
  return body.subarray(0, at);
}

function runsOf(partitions: FetchRequest['partitions']) {
  const runs: { readonly topic: string; readonly members: FetchRequest['partitions'][number][] }[] = [];
  for (const member of partitions) {
    const last = runs.at(-1);
    if (last?.topic === member.topic) last.members.push(member);
    else runs.push({ topic: member.topic, members: [member] });
  }
  return runs;
}

export function decodeAnswer(answer: Buffer): DecodedAnswer {
  const clientSideThrottleTime = answer.readInt32BE(0);
  const errorCode = answer.readInt16BE(4);
  let at = 10; // behind the session id
  const topicCount = answer.readInt32BE(at);
  at += 4;
  const responses = [];
  for (let index = 0; index < topicCount; index += 1) {
    const nameBytes = answer.readInt16BE(at);
    const topicName = answer.toString('utf8', at + 2, at + 2 + nameBytes);
    at += 2 + nameBytes;
    const partitionCount = answer.readInt32BE(at);
    at += 4;
    const partitions: FetchAnswer[] = [];
    for (let number = 0; number < partitionCount; number += 1) {
      const { partition, end } = decodePartition(answer, at, topicName);
      partitions.push(partition);
      at = end;
    }
    responses.push({ topicName, partitions });
  }
  const whole = {
    topic: '',
    partition: wholeAnswer,
    errorCode,
    highWatermark: 0,
    abortedTransactions: [],
    batches: null,
  };
  // An error of the whole answer, of a session, say.
  if (errorCode !== 0) responses.push({ topicName: '', partitions: [whole] });
  return { throttleTime: 0, clientSideThrottleTime, responses };
}

function decodePartition(answer: Buffer, start: number, topic: string): { partition: FetchAnswer; end: number } {
  const abortedCount = answer.readInt32BE(start + 30);
  const abortedTransactions: AbortedTransaction[] = [];
  let at = start + 34;
  for (let index = 0; index < abortedCount; index += 1, at += 16) {
    abortedTransactions.push({
      producerId: answer.readBigInt64BE(at),
      firstOffset: Number(answer.readBigInt64BE(at + 8)),
    });
  }
  const bytes = answer.readInt32BE(at + 4); // behind the preferred replica
  at += 8;
  const end = at + Math.max(bytes, 0);
  const partition: FetchAnswer = {
    topic,
    partition: answer.readInt32BE(start),
    errorCode: answer.readInt16BE(start + 4),
    highWatermark: Number(answer.readBigInt64BE(start + 6)),
    abortedTransactions,
    batches: bytes > 0 ? answer.subarray(at, end) : null,
  };
  return { partition, end };
}
