/**
 * In: what kafkajs' producer is about to send. Out: the whole request in one buffer, made in one pass.
 * kafkajs builds it from a buffer a field, copied into each other, which cost more than all else that we do with a
 * record. Everything around it (sequence numbers, leaders, retries) stays kafkajs' work.
 * Source: Kafka protocol, Produce request, versions 3 to 8.
 */
import { batchBytesMax, writeBatch, type BatchRecord } from './record-batch-writer.ts';

/** The arguments that kafkajs' request of version 3 takes. */
export interface ProduceFields {
  /** Without one: the defaults of kafkajs' broker object, which adds them behind the point where this is asked. */
  readonly acks?: number;
  readonly timeout?: number;
  readonly transactionalId?: string | null;
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence?: number;
      readonly messages: readonly Message[];
    }[];
  }[];
}

type Message = BatchRecord & { readonly timestamp?: string };

/** True for what the sink sends; what else a producer can do is left to kafkajs. */
export function isPlain({ transactionalId = null, compression = 0, topicData }: ProduceFields): boolean {
  return (
    transactionalId === null &&
    compression === 0 &&
    topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(isPlainMessage)))
  );
}

/** A missing key, or a header that comes more than once, is nothing that the sink writes. */
function isPlainMessage({ key, headers, timestamp }: Message): boolean {
  if (timestamp !== undefined || (key as unknown) === undefined) return false;
  for (const name in headers) if (Array.isArray(headers[name])) return false;
  return true;
}

/** The body of the request, behind its header. `timestampMs`: of every record in it. */
export function produceBody(fields: ProduceFields, timestampMs: number): Buffer {
  const { acks = -1, timeout = 30_000, producerId = '-1', producerEpoch = 0, topicData } = fields;
  const id = BigInt(producerId.toString());
  const body = Buffer.allocUnsafe(bytesMaxOf(topicData));
  let at = body.writeInt16BE(-1, 0); // no transaction
  at = body.writeInt16BE(acks, at);
  at = body.writeInt32BE(timeout, at);
  at = body.writeInt32BE(topicData.length, at);
  for (const { topic, partitions } of topicData) {
    const nameAt = at + 2;
    const nameBytes = body.write(topic, nameAt);
    body.writeInt16BE(nameBytes, at);
    at = body.writeInt32BE(partitions.length, nameAt + nameBytes);
    for (const { partition, firstSequence = 0, messages } of partitions) {
      const batchAt = body.writeInt32BE(partition, at) + 4;
      at = writeBatch(body, batchAt, messages, { id, epoch: producerEpoch, firstSequence }, timestampMs);
      body.writeInt32BE(at - batchAt, batchAt - 4);
    }
  }
  return body.subarray(0, at);
}

function bytesMaxOf(topicData: ProduceFields['topicData']): number {
  let bytes = 12;
  for (const { topic, partitions } of topicData) {
    bytes += 6 + topic.length * 3;
    for (const { messages } of partitions) bytes += 8 + batchBytesMax(messages);
  }
  return bytes;
}
