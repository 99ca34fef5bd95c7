/** Where the projector's parts are wired. */
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { kafkaConnection, KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import { ClientStore } from '../../libs/postgres/webhooks/client-store.ts';
import { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import { HistoryWriter } from '../../libs/postgres/history/history-writer.ts';
import { RejectedEventWriter } from '../../libs/postgres/rejections/rejected-event-writer.ts';
import { PostgresModule } from '../../libs/postgres/postgres.module.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import type { ProjectorConfig } from './config.ts';
import { HistoryController } from './history.controller.ts';
import { historySpans } from './history-spans.ts';
import { Projection } from './projection.ts';
import { ProjectorMetrics } from './projector-metrics.ts';
import { RejectedProjection } from './rejected-projection.ts';
import { rejectedRowOf, ValueBudget } from './rejected-row.ts';
import { Strangers } from './strangers.ts';

@Module({})
export class ProjectorModule implements OnModuleDestroy {
  constructor(
    @Inject(Projection) private readonly projection: Projection,
    @Inject(RejectedProjection) private readonly rejections: RejectedProjection,
  ) {}

  static async with(config: ProjectorConfig, context: AppContext): Promise<DynamicModule> {
    const registry = watchedRegistry(config, context);
    const eventCodec = await registry.codec(topics.webhookEvents);
    const outcomeCodec = (await registry.codec(topics.outcomes)).withJsonMaps();
    const eventsTopic = topicName(config.TOPIC_PREFIX, topics.webhookEvents);
    const outcomesTopic = topicName(config.TOPIC_PREFIX, topics.outcomes);
    return {
      module: ProjectorModule,
      imports: [await PostgresModule.with(config)],
      controllers: [HistoryController],
      providers: [
        {
          provide: KafkaClient,
          useFactory: () => new KafkaClient(kafkaConnection(config, 'projector'), context.logger),
        },
        {
          provide: ProjectorMetrics,
          useFactory: () => new ProjectorMetrics(context.metrics, config.TOPIC_PREFIX),
        },
        {
          provide: Projection,
          inject: [EntityManager, ProjectorMetrics],
          useFactory: (em: EntityManager, metrics: ProjectorMetrics) => {
            const { logger } = context;
            const clients = new ClientStore(em);
            const strangers = new Strangers({
              knownOf: (ids) => clients.knownOf(ids),
              count: (source, events) => {
                metrics.unknownClient(source, events);
              },
              logger,
            });
            const offsets = new ConsumerOffsetStore(em, `${config.TOPIC_PREFIX}projector`);
            return new Projection({
              eventsTopic,
              eventCodec,
              outcomeCodec,
              writer: new HistoryWriter(em, offsets),
              offsets,
              metrics,
              strangers,
              logger,
              now: Date.now,
              trace: historySpans(context.tracer, { events: eventsTopic, outcomes: outcomesTopic }),
              crash,
            });
          },
        },
        {
          provide: RejectedProjection,
          inject: [EntityManager, ProjectorMetrics],
          useFactory: (em: EntityManager, metrics: ProjectorMetrics) => {
            const offsets = new ConsumerOffsetStore(em, `${config.TOPIC_PREFIX}projector`);
            const rowOf = rejectedRowOf({
              sensitiveNames: config.SENSITIVE_FIELDS,
              topicPrefix: config.TOPIC_PREFIX,
              budget: new ValueBudget(monotonicMs),
            });
            const writer = new RejectedEventWriter(em, offsets);
            return new RejectedProjection({ rowOf, writer, offsets, metrics, logger: context.logger, crash });
          },
        },
      ],
    };
  }

  /** Comes before the consumer drains. */
  onModuleDestroy(): void {
    this.projection.work.beginStop();
    this.rejections.work.beginStop();
  }
}

/** Reaches the process's own handler, which logs it and leaves with a status of 1. */
function crash(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
