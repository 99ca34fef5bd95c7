/** Where the retry scheduler's parts are wired. */
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { retryTiers, type RetryTier, type RetryTierName } from '../../libs/domain/delivery/retry.ts';
import { kafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import { KafkaModule } from '../../libs/kafka/kafka.module.ts';
import { SinkClosedError } from '../../libs/kafka/producer/append-error.ts';
import { ConsumerPermit } from '../../libs/kafka/consumer/consumer-permit.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import { RetryFrames } from '../../libs/wire/retry-frame.ts';
import { retryTopic, topicName, topics } from '../../libs/wire/topics.ts';
import type { RetrySchedulerConfig } from './config.ts';
import { RETRY_CODEC, RetriesController } from './retries.controller.ts';
import { RetryWriter } from './retry-writer.ts';
import { Scheduler } from './scheduler.ts';
import type { SchedulerLimits } from './scheduler-options.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';

/** Some 250 MB with what surrounds the bytes. */
const limits: SchedulerLimits = {
  heldRecordsMax: 150_000,
  heldBytesMax: 128 * 1024 * 1024,
  offsetsBehindMax: 8_000,
};
const unacknowledgedBytesMax = 32 * 1024 * 1024;

@Module({})
export class RetrySchedulerModule implements OnApplicationShutdown {
  constructor(@Inject(Scheduler) private readonly scheduler: Scheduler) {}

  static async with(config: RetrySchedulerConfig, context: AppContext): Promise<DynamicModule> {
    const registry = watchedRegistry(config, context);
    const [retries, deliveries] = await Promise.all([
      registry.codec(retryTopic(retryTiers[0].name)),
      registry.codec(topics.deliveries),
    ]);
    const metrics = new SchedulerMetrics(context.metrics, config.TOPIC_PREFIX);
    return {
      module: RetrySchedulerModule,
      imports: [KafkaModule.with(kafkaConnection(config, 'retry-scheduler'), { whenUnwritable: 'wait' })],
      controllers: [RetriesController],
      providers: [
        { provide: SchedulerMetrics, useValue: metrics },
        { provide: RETRY_CODEC, useValue: retries },
        {
          provide: RetryWriter,
          inject: [RecordSink],
          useFactory: (sink: RecordSink) =>
            new RetryWriter({
              sink,
              retries,
              deliveries,
              frames: new RetryFrames({ retry: retries.schemaId, delivery: deliveries.schemaId }),
              topics: {
                deliveries: topicName(config.TOPIC_PREFIX, topics.deliveries),
                rejected: topicName(config.TOPIC_PREFIX, topics.platformEventsRejected),
                tier: (name: RetryTierName) => tierTopic(config.TOPIC_PREFIX, name),
              },
              metrics,
              logger: context.logger,
              now: monotonicMs,
            }),
        },
        ConsumerPermit,
        {
          provide: Scheduler,
          inject: [RetryWriter, RecordSink, ConsumerPermit],
          useFactory: (writer: RetryWriter, sink: RecordSink, permit: ConsumerPermit) => {
            const mayWrite = () => sink.waiting.bytes < unacknowledgedBytesMax && permit.mayStart();
            return makeScheduler(writer, mayWrite, config.TOPIC_PREFIX, context.logger);
          },
        },
      ],
    };
  }

  /** By now the consumer has drained and left; its producer is closed by KafkaModule. */
  onApplicationShutdown(): void {
    this.scheduler.close();
  }
}

export function tierTopic(prefix: string, name: RetryTierName): string {
  return topicName(prefix, retryTopic(name));
}

function makeScheduler(writer: RetryWriter, mayWrite: () => boolean, prefix: string, logger: Logger): Scheduler {
  const tiers = new Map<string, RetryTier>(retryTiers.map((tier) => [tierTopic(prefix, tier.name), tier]));
  return new Scheduler({
    limits,
    tierOf: (topic) => {
      const tier = tiers.get(topic);
      if (tier === undefined) throw new Error(`${topic} is not a retry tier`);
      return tier;
    },
    notBeforeOf: (value) => writer.notBeforeOf(value),
    passOn: (passed, written) => writer.passOn(passed, written),
    setAside: (record, error) => writer.setAside(record, error),
    mayWrite,
    onFailed: (error) => {
      if (error instanceof SinkClosedError) {
        logger.info({}, 'retries left for the next start: the producer is closed');
        return;
      }
      // Not caught anywhere: the process leaves, and its successor reads the same retries again.
      setImmediate(() => {
        throw new Error('retries could not be written', { cause: error });
      });
    },
    now: monotonicMs,
    wallNow: Date.now,
    after: (delayMs, run) => {
      // Timers cut fractions off, and would be early.
      const timer = setTimeout(run, Math.ceil(delayMs));
      return () => {
        clearTimeout(timer);
      };
    },
  });
}
