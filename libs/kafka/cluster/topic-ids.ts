/**
 * In: a broker, and names of topics. Out: the id that each has had since it was made (KIP-516), by name. A topic that is
 * made anew under the same name has another. Written and read here because kafkajs knows Metadata up to version 6, and
 * ids come with version 10 (Kafka 2.8).
 * Source: Kafka protocol, Metadata, version 10; request header 2 and response header 1 (KIP-482).
 */
import type { Broker } from 'kafkajs';
import { encoded } from '../fetch/fetch-request.ts';
import { unpatchedMetadata } from '../kafkajs/kafkajs-broker-pool.ts';

const metadataKey = 3;
const apiVersion = 10;
const noId = Buffer.alloc(16);

interface Protocol {
  readonly request: object;
  readonly response: object;
}

/** What kafkajs' broker object has and its published type leaves out. */
interface AskedBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null;
  lookupRequest(apiKey: number, versions: unknown): (fields: object) => Protocol;
}

/** None of those that are not there, and none at all of a cluster that does not have ids yet. @throws what kafkajs throws */
export async function topicIdsFrom(broker: Broker, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const plain = broker as unknown as AskedBroker;
  const spoken = plain.versions?.[metadataKey];
  if (topics.length === 0 || spoken === undefined || spoken.maxVersion < apiVersion) return new Map();
  const own = Object.create(plain) as AskedBroker;
  own.lookupRequest = (apiKey, versions) => {
    const make = plain.lookupRequest(apiKey, versions);
    return (fields) => {
      const { request, response } = make(fields);
      return {
        request: { ...request, apiVersion, encode: () => Promise.resolve(encoded(metadataBody(topics))) },
        response: {
          ...response,
          decode: (answer: Buffer) => Promise.resolve(decodeTopicIds(answer)),
          parse: (ids: unknown) => Promise.resolve(ids),
        },
      };
    };
  };
  return (await unpatchedMetadata(own, topics)) as ReadonlyMap<string, string>;
}

export function metadataBody(topics: readonly string[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0]), unsignedVarint(topics.length + 1)];
  for (const topic of topics) {
    const name = Buffer.from(topic);
    parts.push(noId, unsignedVarint(name.length + 1), name, Buffer.from([0]));
  }
  // Creates no topic, asks for no permissions, has no tagged fields.
  parts.push(Buffer.from([0, 0, 0, 0]));
  return Buffer.concat(parts);
}

export function decodeTopicIds(answer: Buffer): ReadonlyMap<string, string> {
  const reader = new Reader(answer);
  reader.tags();
  reader.skip(4); // throttle time
  for (let left = reader.count(); left > 0; left -= 1) {
    reader.skip(4);
    reader.text();
    reader.skip(4);
    reader.text(); // rack
    reader.tags();
  }
  reader.text(); // cluster id
  reader.skip(4);
  const ids = new Map<string, string>();
  for (let left = reader.count(); left > 0; left -= 1) {
    const errorCode = reader.int16();
    const name = reader.text();
    const id = reader.bytes(16);
    reader.skip(1);
    for (let partitions = reader.count(); partitions > 0; partitions -= 1) {
      reader.skip(2 + 4 + 4 + 4);
      for (let lists = 0; lists < 3; lists += 1) reader.skip(4 * reader.count());
      reader.tags();
    }
    reader.skip(4); // permissions
    reader.tags();
    if (errorCode === 0 && name !== null && !id.equals(noId)) ids.set(name, id.toString('hex'));
  }
  return ids;
}

class Reader {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  int16(): number {
    this.at += 2;
    return this.buffer.readInt16BE(this.at - 2);
  }

  bytes(length: number): Buffer {
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  /** Of a compact array; none of one that is null. */
  count(): number {
    return Math.max(0, this.varint() - 1);
  }

  /** A compact string; null for none. */
  text(): string | null {
    const length = this.varint() - 1;
    return length < 0 ? null : this.bytes(length).toString('utf8');
  }

  tags(): void {
    for (let left = this.varint(); left > 0; left -= 1) {
      this.varint();
      this.skip(this.varint());
    }
  }

  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer.readUInt8(this.at);
      this.at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  }
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}
