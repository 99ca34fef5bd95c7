import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { Controller, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { KafkaBatchServer, type KafkaBatchServerOptions } from '../../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { KafkaModule } from '../../../libs/kafka/kafka.module.ts';
import type { RecordBatch } from '../../../libs/kafka/record.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { LOGGER } from '../../../libs/runtime/app.module.ts';
import { until } from '../../support/until.ts';
import { kafkaWorld, range, soon, valueOf } from './kafka-world.ts';

const world = await kafkaWorld();

const taken: { pattern: string; values: number[] }[] = [];

@Controller()
class Taker {
  @EventPattern('first')
  first(@Payload() batch: RecordBatch): void {
    take('first', batch);
  }

  @EventPattern('/second.*/')
  second(@Payload() batch: RecordBatch): Promise<void> {
    take('second', batch);
    return Promise.resolve();
  }

  @EventPattern('bad')
  bad(@Payload() _batch: RecordBatch): void {
    throw new TypeError('a mistake');
  }

  @EventPattern('worse')
  async worse(@Payload() _batch: RecordBatch): Promise<void> {
    await Promise.reject(new TypeError('a mistake'));
  }
}

function take(pattern: string, { lease, records }: RecordBatch): void {
  taken.push({ pattern, values: records.map(valueOf) });
  for (const { offset } of records) lease.complete(offset);
}

@Module({})
class LoggerModule {
  static make(): DynamicModule {
    return {
      module: LoggerModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: world.log.logger }],
      exports: [LOGGER],
    };
  }
}

@Module({})
class TestModule {
  static make(): DynamicModule {
    const connection = { brokers: world.brokers, tls: false, tlsCa: null, sasl: null, clientId: 'nest' };
    return {
      module: TestModule,
      imports: [LoggerModule.make(), KafkaModule.with(connection, { whenUnwritable: 'refuse' })],
      controllers: [Taker],
    };
  }
}

async function start(options: Partial<KafkaBatchServerOptions>) {
  const app = await NestFactory.create(TestModule.make(), new FastifyAdapter(), { logger: false });
  const server = new KafkaBatchServer({
    client: app.get(KafkaClient),
    logger: world.log.logger,
    groupId: world.name('group'),
    ...options,
  });
  app.connectMicroservice({ strategy: server });
  await app.init();
  expect(server.problem()).toBe('not started');
  await app.startAllMicroservices();
  return { app, server };
}

test('handlers get the batches of their topics, and the producer of the module is closed after them', async () => {
  const topics = { first: await world.topic(), '/second.*/': await world.topic(), bad: await world.topic() };
  const revoked: boolean[] = [];
  const { app, server } = await start({
    topicsOf: (pattern) => (pattern in topics ? [topics[pattern as keyof typeof topics]] : []),
    onRevoking: async () => {
      // What is drained may still be written.
      await app.get(RecordSink).append([{ topic: topics.bad, key: null, value: Buffer.from('drained') }]);
      revoked.push(true);
    },
  });
  expect(server.problem()).toBeNull();
  await app
    .get(RecordSink)
    .append(range(0, 10).map((value) => ({ topic: topics.first, key: null, value: Buffer.from(String(value)) })));
  await world.produce(topics['/second.*/'], 10, 20);
  await until(() => taken.flatMap(({ values }) => values).length === 20, soon);
  const of = (wanted: string) => taken.filter(({ pattern }) => pattern === wanted).flatMap(({ values }) => values);
  expect(of('first')).toEqual(range(0, 10));
  expect(of('second')).toEqual(range(10, 20));
  await until(() => [...server.lag.values()].every((lag) => lag === 0), soon);
  await app.close();
  expect(revoked).toEqual([true]);
  expect(server.problem()).toBe('stopped');
});

test.each(['bad', 'worse'])('a %s handler ends the process', async (pattern) => {
  const topic = await world.topic();
  await world.produce(topic, 0, 1);
  const failures: unknown[] = [];
  const { app } = await start({
    topicsOf: (candidate) => (candidate === pattern ? [topic] : []),
    exit: (error) => failures.push(error),
  });
  await until(() => failures.length > 0, soon);
  await app.close();
  expect((await world.admin.groupLag(world.name('group'), [topic])).get(`${topic}-0`)).toBe(1);
});
