/** What we write ourselves into requests of kafkajs, over what kafkajs writes for the same call. */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Broker } from 'kafkajs';
import { apiKeys, FakeBroker, metadataAnswer } from '../../../test/support/fake-broker.ts';
import { until } from '../../../test/support/until.ts';
import type { ClusterLink, GroupBroker } from './cluster-link.ts';
import { fetchFrom } from '../fetch/fetch-request.ts';
import { KafkaClient } from './kafka-client.ts';

const requireHere = createRequire(import.meta.url);
const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };

type Request = (fields: object) => { encode(): Promise<{ readonly buffer: Buffer }> };
const joinGroupRequest = requireHere('kafkajs/src/protocol/requests/joinGroup/v5/request') as Request;

describe('a request that reaches a broker is byte for byte that of kafkajs', () => {
  const fake: FakeBroker = new FakeBroker((request) =>
    request.apiKey === apiKeys.metadata ? metadataAnswer([fake], [{ topic: 't', leaders: [0] }]) : 'nothing',
  );
  let link: ClusterLink;
  let broker: Broker;

  beforeAll(async () => {
    await fake.start();
    const connection = { brokers: [fake.address], tls: false, tlsCa: null, sasl: null, clientId: 'test' };
    link = new KafkaClient(connection, logger).link();
    await link.connect(['t']);
  });
  afterAll(async () => {
    await link.close();
    await fake.stop();
  });

  /** The body that the call sends; it gets no answer. */
  async function sentBy(apiKey: number, call: () => Promise<unknown>): Promise<string | undefined> {
    broker = await link.cluster.findBroker({ nodeId: '0' });
    const before = fake.bodies(apiKey).length;
    call().catch(() => undefined);
    await until(() => fake.bodies(apiKey).length > before, { timeoutMs: 5_000, everyMs: 5 });
    return fake.bodies(apiKey).at(-1)?.toString('hex');
  }

  test('fetch', async () => {
    const ours = await sentBy(apiKeys.fetch, () =>
      fetchFrom(broker, {
        maxWaitMs: 500,
        minBytes: 1,
        answerBytesMax: 10_485_760,
        partitionBytesMax: 1_048_576,
        partitions: [{ topic: 'tópic', partition: 3, next: 5_000_000_000 }],
      }),
    );
    const partitions = [{ partition: 3, fetchOffset: '5000000000', maxBytes: 1_048_576 }];
    const theirs = await sentBy(apiKeys.fetch, () =>
      (broker as unknown as { fetch(fields: object): Promise<unknown> }).fetch({
        maxWaitTime: 500,
        topics: [{ topic: 'tópic', partitions }],
      }),
    );
    expect(ours?.length).toBeGreaterThan(60);
    expect(ours).toBe(theirs);
  });

  test.each([null, 'instance-1'])('joinGroup of %j', async (groupInstanceId) => {
    const fields = {
      groupId: 'group',
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      memberId: 'member',
      groupInstanceId,
      groupProtocols: [{ name: 'range', metadata: Buffer.from('metadata') }],
    };
    const ours = await sentBy(apiKeys.joinGroup, () => (broker as unknown as GroupBroker).joinGroup(fields));
    const { buffer } = await joinGroupRequest({ ...fields, protocolType: 'consumer' }).encode();
    expect(ours).toBe(buffer.toString('hex'));
  });
});
