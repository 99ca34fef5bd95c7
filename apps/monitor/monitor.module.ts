/** Where the monitor's parts are wired. */
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { kafkaConnection, KafkaClient } from '../../libs/kafka/kafka-client.ts';
import { BacklogView } from '../../libs/postgres/backlog-view.ts';
import { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import { HealthStore } from '../../libs/postgres/health-store.ts';
import { keepHouse } from '../../libs/postgres/housekeeping.ts';
import { PostgresModule } from '../../libs/postgres/postgres.module.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { Registry } from '../../libs/wire/registry.ts';
import { topics } from '../../libs/wire/topics.ts';
import { BacklogMetrics } from './backlog-metrics.ts';
import { Caretaker } from './caretaker.ts';
import type { MonitorConfig } from './config.ts';
import { MonitorMetrics } from './monitor-metrics.ts';
import { Observation } from './observation.ts';
import { OutcomesController } from './outcomes.controller.ts';

const minuteMs = 60_000;

@Module({})
export class MonitorModule implements OnModuleDestroy {
  constructor(
    @Inject(Observation) private readonly observation: Observation,
    @Inject(Caretaker) private readonly caretaker: Caretaker,
  ) {}

  static async with(config: MonitorConfig, context: AppContext): Promise<DynamicModule> {
    const registry = new Registry({
      url: config.SCHEMA_REGISTRY_URL,
      username: config.SCHEMA_REGISTRY_USERNAME,
      password: config.SCHEMA_REGISTRY_PASSWORD,
      topicPrefix: config.TOPIC_PREFIX,
    });
    const codec = await registry.codec(topics.outcomes);
    return {
      module: MonitorModule,
      imports: [await PostgresModule.with(config)],
      controllers: [OutcomesController],
      providers: [
        { provide: KafkaClient, useFactory: () => new KafkaClient(kafkaConnection(config, 'monitor'), context.logger) },
        { provide: MonitorMetrics, useFactory: () => new MonitorMetrics(context.metrics) },
        {
          provide: BacklogMetrics,
          inject: [EntityManager],
          useFactory: (em: EntityManager) => {
            const { metrics, logger } = context;
            return new BacklogMetrics({ metrics, view: new BacklogView(em), logger, now: Date.now });
          },
        },
        {
          provide: Observation,
          inject: [EntityManager, MonitorMetrics],
          useFactory: (em: EntityManager, metrics: MonitorMetrics) => {
            const offsets = new ConsumerOffsetStore(em, `${config.TOPIC_PREFIX}monitor`);
            return new Observation({
              codec,
              store: new HealthStore(em, offsets),
              offsets,
              rules: {
                isEnabled: config.AUTO_DEACTIVATION_ENABLED,
                failureThreshold: config.AUTO_DEACTIVATION_FAILURE_THRESHOLD,
                minMs: config.AUTO_DEACTIVATION_MIN_MINUTES * minuteMs,
              },
              metrics,
              logger: context.logger,
              now: Date.now,
              crash: (error) => {
                // Reaches the process's own handler, which logs it and leaves with a status of 1.
                setImmediate(() => {
                  throw error;
                });
              },
            });
          },
        },
        {
          provide: Caretaker,
          inject: [EntityManager, MonitorMetrics],
          useFactory: (em: EntityManager, metrics: MonitorMetrics) =>
            new Caretaker((now) => keepHouse(em, now, config.HISTORY_RETENTION_DAYS), metrics, context.logger),
        },
      ],
    };
  }

  /** Comes before the consumer drains. */
  async onModuleDestroy(): Promise<void> {
    this.observation.work.beginStop();
    await this.caretaker.stop();
  }
}
