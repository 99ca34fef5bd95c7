import { afterEach, describe, expect, test } from '@jest/globals';
import {
  apiKeys,
  FakeBroker,
  metadataAnswer,
  produceAnswer,
  producerIdAnswer,
  type BrokerAnswer,
  type BrokerRequest,
  type TopicAnswer,
} from '../../../test/support/fake-broker.ts';
import { until } from '../../../test/support/until.ts';
import { KafkaClient } from '../cluster/kafka-client.ts';
import { NotSentError, type ProducerLink } from './producer-link.ts';
import { produceBody } from './produce-request.ts';

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function world(
  topics: readonly TopicAnswer[],
  produce: (request: BrokerRequest, broker: FakeBroker) => BrokerAnswer,
): Promise<{ link: ProducerLink; broker: FakeBroker; other: FakeBroker; nodes: FakeBroker[] }> {
  const answer = (request: BrokerRequest, asked: FakeBroker): BrokerAnswer => {
    if (request.apiKey === apiKeys.metadata) return metadataAnswer(nodes, topics);
    if (request.apiKey === apiKeys.initProducerId) return producerIdAnswer(7_000_000_000n);
    return produce(request, asked);
  };
  const broker: FakeBroker = await new FakeBroker(answer).start();
  const other: FakeBroker = await new FakeBroker(answer).start();
  const nodes = [broker, other];
  const connection = { brokers: [broker.address], tls: false, tlsCa: null, sasl: null, clientId: 'test' };
  const link = new KafkaClient(connection, logger).producerLink();
  open.push(async () => {
    await link.close();
    await Promise.all([broker.stop(), other.stop()]);
  });
  await link.connect();
  return { link, broker, other, nodes };
}

const none: ReadonlySet<number> = new Set();
const always = () => true;
const body = () => produceBody([{ ...numbers, topic: 't', partition: 0, records: [] }], 30_000);
const numbers = { producerId: 1n, epoch: 0, sequence: 0, timestampMs: 1 };

describe('a link for producing', () => {
  test('says who leads the partitions, also when one has no leader and a topic is not known', async () => {
    const { link } = await world(
      [
        { topic: 'a', leaders: [0, -1, 1] },
        { topic: 'b', errorCode: 3, leaders: [] },
      ],
      () => 'nothing',
    );
    expect(await link.topics(['a', 'b'], none)).toEqual([
      { topic: 'a', errorCode: 0, leaders: [0, -1, 1] },
      { topic: 'b', errorCode: 3, leaders: [] },
    ]);
    expect(await link.producerId()).toEqual({ producerId: 7_000_000_000n, epoch: 0 });
  });

  test('reads an answer for each partition, errors among them, from the broker that leads', async () => {
    const answer = produceAnswer([{ topic: 't', codes: [[0, 0], [3, 10]] }]); // prettier-ignore
    const { link, broker, other } = await world([{ topic: 't', leaders: [1] }], () => answer);
    await link.topics(['t'], none);
    expect(await link.produce(1, body, always)).toEqual([
      { topic: 't', partition: 0, errorCode: 0 },
      { topic: 't', partition: 3, errorCode: 10 },
    ]);
    expect(broker.bodies(apiKeys.produce)).toHaveLength(0);
    expect(other.bodies(apiKeys.produce)).toHaveLength(1);
  });

  test('asks another broker than one that is slow', async () => {
    const { link, broker, other } = await world([{ topic: 't', leaders: [1] }], () => 'nothing');
    await link.topics(['t'], none);
    const asked = () => broker.bodies(apiKeys.metadata).length;
    const before = asked();
    await link.topics(['t'], new Set([0]));
    expect(asked()).toBe(before);
    expect(other.bodies(apiKeys.metadata)).toHaveLength(1);
  });

  test('tells who leads now while a broker that is frozen, and no member of the cluster any more, owes an answer', async () => {
    const topics: TopicAnswer[] = [{ topic: 't', leaders: [1] }];
    const { link, broker, other, nodes } = await world(topics, () => 'nothing');
    await link.topics(['t'], none);
    const owed = link.produce(1, body, always).catch((failure: unknown) => failure);
    await until(() => other.bodies(apiKeys.produce).length === 1, { timeoutMs: 5_000 });
    nodes.splice(0, 2, broker);
    topics[0] = { topic: 't', leaders: [0] };
    expect(await link.topics(['t'], new Set([1]))).toEqual([{ topic: 't', errorCode: 0, leaders: [0] }]);
    // Nobody knows what became of it.
    const failure = await owed;
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(NotSentError);
  });

  test('knows when a request may have reached the broker', async () => {
    const { link, other } = await world([{ topic: 't', leaders: [1] }], () => 'cut');
    await link.topics(['t'], none);
    const error = await link.produce(1, body, always).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(NotSentError);
    expect(other.bodies(apiKeys.produce)).toHaveLength(1);
  });

  test('and when it did not: no broker, no connection, not wanted any more', async () => {
    const { link, other } = await world([{ topic: 't', leaders: [1] }], () => 'nothing');
    await link.topics(['t'], none);
    await other.stop();
    await expect(link.produce(1, body, always)).rejects.toBeInstanceOf(NotSentError);
    await other.start();
    await expect(link.produce(5, body, always)).rejects.toBeInstanceOf(NotSentError);
    await expect(link.produce(1, body, () => false)).rejects.toBeInstanceOf(NotSentError);
    expect(other.bodies(apiKeys.produce)).toHaveLength(0);
  });
});
