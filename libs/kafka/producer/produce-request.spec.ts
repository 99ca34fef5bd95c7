import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import {
  apiKeys,
  FakeBroker,
  metadataAnswer,
  produceAnswer,
  producerIdAnswer,
} from '../../../test/support/fake-broker.ts';
import { KafkaClient } from '../cluster/kafka-client.ts';
import { decodeProduceAnswer, produceBody } from './produce-request.ts';
import { RecordSink } from './record-sink.ts';

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };
const topic = 'tópic';

/** Both with the clock and the leader epoch of their own taken out, and the checksum that covers them. */
function comparable(body: Buffer | undefined): string {
  const clock = /000001[0-9a-f]{10}000001[0-9a-f]{10}/g;
  return (body?.toString('hex') ?? '')
    .replace(clock, 'times')
    .replace(/(?:ffffffff|00000000)02[0-9a-f]{8}/g, 'epoch,magic,crc');
}

const records = [
  { key: 'wh_1', value: Buffer.alloc(3_000, 'x'), headers: { kind: 'ping', 'main-offset': Buffer.from('7') } },
  { key: Buffer.from('é'), value: Buffer.from('ü') },
  { key: null, value: null, headers: {} },
  ...Array.from({ length: 200 }, (_, index) => ({ key: 'k', value: Buffer.from(String(index)) })),
].map((record, index) => ({ ...record, topic, partition: index % 3 === 0 ? 0 : 2 }));

describe('what a sink sends', () => {
  const broker: FakeBroker = new FakeBroker((request) => {
    if (request.apiKey === apiKeys.metadata) return metadataAnswer([broker], [{ topic, leaders: [0, 0, 0] }]);
    if (request.apiKey === apiKeys.initProducerId) return producerIdAnswer(4_294_967_296n);
    return produceAnswer([{ topic, codes: [[0, 0], [2, 0]] }]); // prettier-ignore
  });
  let ours: FakeBroker['requests'] = [];
  let theirs: FakeBroker['requests'] = [];

  beforeAll(async () => {
    await broker.start();
    const brokers = [broker.address];
    const client = new KafkaClient({ brokers, tls: false, tlsCa: null, sasl: null, clientId: 'test' }, logger);
    const sink = new RecordSink(client, logger);
    await sink.connect();
    await sink.append(records);
    await sink.append(records);
    await sink.close();
    ours = broker.requests.splice(0);
    const producer = new kafkajs.Kafka({ brokers, clientId: 'test', logLevel: kafkajs.logLevel.NOTHING }).producer({
      idempotent: true,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    for (let round = 0; round < 2; round += 1) {
      const messages = records.map((record) => ({ ...record, topic: undefined }));
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages }] });
    }
    await producer.disconnect();
    theirs = broker.requests.splice(0);
  });
  afterAll(() => broker.stop());

  const bodies = (requests: FakeBroker['requests'], apiKey: number) =>
    requests.filter((request) => request.apiKey === apiKey).map(({ body }) => comparable(body));

  test.each(['produce', 'initProducerId'] as const)('is byte for byte what kafkajs sends: %s', (name) => {
    const sent = bodies(ours, apiKeys[name]);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent).toEqual(bodies(theirs, apiKeys[name]));
  });

  test('asks for its own topics only', () => {
    const asked = ours.filter(({ apiKey }) => apiKey === apiKeys.metadata).map(({ body }) => body.readInt32BE(0));
    expect(new Set(asked)).toEqual(new Set([1]));
  });

  test('gives the other replicas thirty seconds', () => {
    for (const { body } of ours.filter(({ apiKey }) => apiKey === apiKeys.produce)) {
      expect(body.readInt16BE(2)).toBe(-1);
      expect(body.readInt32BE(4)).toBe(30_000);
    }
  });
});

test('each partition has numbers of its own', async () => {
  const batch = { topic: 't', timestampMs: Date.now(), records: [{ key: 'k', value: Buffer.from('v') }] };
  const kafkajsRequest = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce/v3/request') as (
    fields: object,
  ) => { encode(): Promise<{ readonly buffer: Buffer }> };
  const Long = createRequire(import.meta.url)('kafkajs/src/utils/long') as { fromNumber(value: number): object };
  const alone = async (partition: number, producerId: number, producerEpoch: number, firstSequence: number) => {
    const partitions = [{ partition, firstSequence, messages: batch.records }];
    const fields = { acks: -1, timeout: 1, producerId: Long.fromNumber(producerId), producerEpoch };
    return (await kafkajsRequest({ ...fields, topicData: [{ topic: 't', partitions }] }).encode()).buffer;
  };
  const both = produceBody(
    [
      { ...batch, partition: 1, producerId: 5n, epoch: 0, sequence: 70_000 },
      { ...batch, partition: 2, producerId: 6n, epoch: 3, sequence: 0 },
    ],
    1,
  );
  const partsAt = 19; // behind one topic named "t" and the number of partitions
  const first = (await alone(1, 5, 0, 70_000)).subarray(partsAt);
  const second = (await alone(2, 6, 3, 0)).subarray(partsAt);
  const middle = partsAt + first.length;
  expect(comparable(both.subarray(partsAt, middle))).toBe(comparable(first));
  expect(comparable(both.subarray(middle))).toBe(comparable(second));
});

test.each([
  [3, 16],
  [7, 24],
])('an answer of version %i is read to its end', (version, rest) => {
  const partition = (number: number, code: number) => {
    const bytes = Buffer.alloc(6 + rest, 0xff);
    bytes.writeInt32BE(number, 0);
    bytes.writeInt16BE(code, 4);
    return bytes;
  };
  const answer = Buffer.concat([
    Buffer.from([0, 0, 0, 2, 0, 1, 0x61, 0, 0, 0, 2]),
    partition(0, 0),
    partition(9, 45),
    Buffer.from([0, 1, 0x62, 0, 0, 0, 1]),
    partition(1, 6),
    Buffer.from([0, 0, 0, 12]),
  ]);
  expect(decodeProduceAnswer(answer, version)).toEqual({
    partitions: [
      { topic: 'a', partition: 0, errorCode: 0 },
      { topic: 'a', partition: 9, errorCode: 45 },
      { topic: 'b', partition: 1, errorCode: 6 },
    ],
    throttleMs: 12,
  });
});
