/**
 * In: batches of several partitions, with their numbers. Out: the body of one request, made in one pass, and what the
 * broker answers for each partition. kafkajs would build it from a buffer a field, copied into each other, and throws
 * at the first partition that has an error.
 * Source: Kafka protocol, Produce, versions 3 to 7.
 */
import type { Compression } from '../batch/compression.ts';
import { batchBytesMax, writeBatch, type BatchRecord } from '../batch/record-batch-writer.ts';

export interface NumberedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly timestampMs: number;
  readonly records: readonly BatchRecord[];
}

export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

const allInSyncReplicas = -1;

/** `timeoutMs`: how long the leader waits for the other replicas. One topic is named once, its partitions in order. */
export function produceBody(
  batches: readonly NumberedBatch[],
  timeoutMs: number,
  compression: Compression = 'none',
): Buffer {
  const topics = byTopic(batches);
  const body = Buffer.allocUnsafe(bytesMaxOf(topics));
  let at = body.writeInt16BE(-1, 0); // no transaction
  at = body.writeInt16BE(allInSyncReplicas, at);
  at = body.writeInt32BE(timeoutMs, at);
  at = body.writeInt32BE(topics.size, at);
  for (const [topic, members] of topics) {
    const nameBytes = body.write(topic, at + 2);
    at = body.writeInt16BE(nameBytes, at) + nameBytes;
    at = body.writeInt32BE(members.length, at);
    for (const { partition, producerId, epoch, sequence, timestampMs, records } of members) {
      const batchAt = body.writeInt32BE(partition, at) + 4;
      const producer = { id: producerId, epoch, firstSequence: sequence };
      at = writeBatch(body, batchAt, records, producer, timestampMs, compression);
      body.writeInt32BE(at - batchAt, batchAt - 4);
    }
  }
  return body.subarray(0, at);
}

function byTopic(batches: readonly NumberedBatch[]): Map<string, NumberedBatch[]> {
  const topics = new Map<string, NumberedBatch[]>();
  for (const batch of batches) {
    const members = topics.get(batch.topic);
    if (members === undefined) topics.set(batch.topic, [batch]);
    else members.push(batch);
  }
  return topics;
}

function bytesMaxOf(topics: ReadonlyMap<string, readonly NumberedBatch[]>): number {
  let bytes = 12;
  for (const [topic, members] of topics) {
    bytes += 6 + topic.length * 3;
    for (const { records } of members) bytes += 8 + batchBytesMax(records);
  }
  return bytes;
}

/** Behind the error code: base offset and time of the append, from version 5 on the log's start offset. */
const restBytes = 16;
const restBytesOfVersion5 = 24;

export function decodeProduceAnswer(
  answer: Buffer,
  apiVersion: number,
): { readonly partitions: readonly PartitionAnswer[]; readonly throttleMs: number } {
  const partitions: PartitionAnswer[] = [];
  const rest = apiVersion >= 5 ? restBytesOfVersion5 : restBytes;
  const topicCount = answer.readInt32BE(0);
  let at = 4;
  for (let index = 0; index < topicCount; index += 1) {
    const nameBytes = answer.readInt16BE(at);
    const topic = answer.toString('utf8', at + 2, at + 2 + nameBytes);
    at += 2 + nameBytes;
    const partitionCount = answer.readInt32BE(at);
    at += 4;
    for (let number = 0; number < partitionCount; number += 1) {
      partitions.push({ topic, partition: answer.readInt32BE(at), errorCode: answer.readInt16BE(at + 4) });
      at += 6 + rest;
    }
  }
  return { partitions, throttleMs: answer.readInt32BE(at) };
}
