import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { isPlain, produceBody, type ProduceFields } from './produce-request.ts';

interface Encoder {
  readonly buffer: Buffer;
}

const kafkajsRequest = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce/v3/request') as (
  fields: ProduceFields,
) => { encode(): Promise<Encoder> };

const fields: ProduceFields = {
  acks: -1,
  timeout: 30_000,
  producerId: { toString: () => '4294967296' },
  producerEpoch: 3,
  topicData: [
    {
      topic: 'webhook.deliveries',
      partitions: [
        {
          partition: 11,
          firstSequence: 70_000,
          messages: [
            {
              key: 'wh_1',
              value: Buffer.alloc(3_000, 'x'),
              headers: { kind: 'ping', 'main-offset': Buffer.from('7') },
            },
            { key: Buffer.from('é'), value: Buffer.from('ü') },
          ],
        },
        { partition: 0, firstSequence: 0, messages: [{ key: 'k', value: null, headers: {} }] },
      ],
    },
    {
      topic: 'töpic',
      partitions: [
        { partition: 1, messages: Array.from({ length: 200 }, () => ({ key: null, value: Buffer.from('v') })) },
      ],
    },
  ],
};

/** Both with the clock and the leader epoch of their own taken out, and the checksum that covers them. */
function comparable(body: Buffer): string {
  const clock = /000001[0-9a-f]{10}000001[0-9a-f]{10}/g;
  return body
    .toString('hex')
    .replace(clock, 'times')
    .replace(/(?:ffffffff|00000000)02[0-9a-f]{8}/g, 'epoch,magic,crc');
}

describe('a produce request', () => {
  test('is byte for byte what kafkajs would make of it', async () => {
    const { buffer } = await kafkajsRequest({ ...fields, producerId: longOf(4_294_967_296) }).encode();
    expect(comparable(produceBody(fields, Date.now()))).toBe(comparable(buffer));
  });

  test('that names no timeout gives the replicas as long as kafkajs does', () => {
    const body = produceBody({ topicData: [] }, Date.now());
    expect(body.readInt16BE(2)).toBe(-1);
    expect(body.readInt32BE(4)).toBe(30_000);
  });

  test('is left to kafkajs when it is in a transaction or compressed', () => {
    expect(isPlain(fields)).toBe(true);
    expect(isPlain({ ...fields, transactionalId: 't' })).toBe(false);
    expect(isPlain({ ...fields, compression: 4 })).toBe(false);
  });

  test.each([
    ['a time of its own', { key: null, value: null, timestamp: '1' }],
    ['no key at all', { value: null }],
    ['a header twice', { key: null, value: null, headers: { a: ['1', '2'] } }],
  ])('is left to kafkajs when a record has %s', (_, message) => {
    const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [message] }] }];
    expect(isPlain({ ...fields, topicData } as unknown as ProduceFields)).toBe(false);
  });
});

function longOf(value: number): { toString(): string } {
  const Long = createRequire(import.meta.url)('kafkajs/src/utils/long') as { fromNumber(value: number): object };
  return Long.fromNumber(value);
}
