/** Where the management API's parts are wired. */
import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { SensitiveNames } from '../../libs/domain/mask.ts';
import { kafkaConnection, KafkaClient } from '../../libs/kafka/kafka-client.ts';
import { KafkaModule } from '../../libs/kafka/kafka.module.ts';
import { RecordSink } from '../../libs/kafka/record-sink.ts';
import { TopicTail } from '../../libs/kafka/topic-tail.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import { ClientStore } from '../../libs/postgres/client-store.ts';
import { EventTypeStore } from '../../libs/postgres/event-type-store.ts';
import { PublishedEventStore } from '../../libs/postgres/published-event-store.ts';
import { OutboxStore } from '../../libs/postgres/outbox-store.ts';
import { WebhookView } from '../../libs/postgres/webhook-view.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { guardFromConfig } from '../../libs/sender/guard-from-config.ts';
import { topics } from '../../libs/wire/topics.ts';
import { apiCodecs, TopicNames, type ApiCodecs } from './api-codecs.ts';
import { ApiKeysController } from './api-keys.controller.ts';
import { ApiMetrics } from './api-metrics.ts';
import { AuditController } from './audit.controller.ts';
import { ClientsController } from './clients.controller.ts';
import type { ManagementApiConfig } from './config.ts';
import { DeliveriesController } from './deliveries.controller.ts';
import { DirectDeliveries } from './direct-deliveries.ts';
import { DocsController } from './docs.controller.ts';
import { EtagInterceptor } from './etag.interceptor.ts';
import { ExportController } from './export.controller.ts';
import { EventJudge } from './event-judge.ts';
import { EventPublisher } from './event-publisher.ts';
import { eventTypeFieldChecks } from './event-type-checks.ts';
import { EventTypesController } from './event-types.controller.ts';
import { EventsController } from './events.controller.ts';
import { IdempotencyInterceptor } from './idempotency.interceptor.ts';
import { InForceInterceptor } from './in-force.interceptor.ts';
import { KafkaWriter } from './kafka-writer.ts';
import { FilterTestController } from './filter-test.controller.ts';
import { FIELD_CHECKS, OperationGuard, type ChecksByOperation } from './operation.guard.ts';
import { outboxRecord } from './outbox-records.ts';
import { DefinitionsInForce } from './definitions-in-force.ts';
import { OutboxRelay } from './outbox-relay.ts';
import { OutcomeWatch } from './outcome-watch.ts';
import { PortalSessionsController } from './portal-sessions.controller.ts';
import { ProblemFilter } from './problem.filter.ts';
import { replayProviders } from './replay-providers.ts';
import { ReplayRunner } from './replay-runner.ts';
import { Reauthorization } from './reauthorization.ts';
import { ReplaysController } from './replays.controller.ts';
import { OutcomeFeed } from './outcome-feed.ts';
import { OutcomeStreams } from './outcome-streams.ts';
import { SearchController } from './search.controller.ts';
import { StreamController } from './stream.controller.ts';
import { streamProviders } from './stream-providers.ts';
import { StatsController } from './stats.controller.ts';
import { StoresModule } from './stores.module.ts';
import { TakenTypes } from './taken-types.ts';
import { checkFilter, webhookFieldChecks } from './webhook-checks.ts';
import { CONFIG, SettingsController } from './settings.controller.ts';
import { WebhookDefaultsOf } from './webhook-defaults.ts';
import { WebhookTrialsController } from './webhook-trials.controller.ts';
import { WebhooksController } from './webhooks.controller.ts';

const bytesPerKiB = 1024;

@Module({})
export class ManagementApiModule implements BeforeApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(TopicTail) private readonly tail: TopicTail,
    @Inject(OutcomeWatch) private readonly outcomes: OutcomeWatch,
    @Inject(ReplayRunner) private readonly replays: ReplayRunner,
    @Inject(OutcomeStreams) private readonly streams: OutcomeStreams,
    @Inject(Reauthorization) private readonly reauthorization: Reauthorization,
    @Inject(ApiMetrics) private readonly metrics: ApiMetrics,
  ) {}

  static async with(config: ManagementApiConfig, context: AppContext): Promise<DynamicModule> {
    const registry = watchedRegistry(config, context);
    const codecs = await apiCodecs(registry);
    return {
      module: ManagementApiModule,
      imports: [
        await StoresModule.with(config, context),
        KafkaModule.with(kafkaConnection(config, 'management-api'), { whenUnwritable: 'refuse' }),
      ],
      controllers: [
        ClientsController,
        ApiKeysController,
        WebhooksController,
        WebhookTrialsController,
        ExportController,
        DeliveriesController,
        ReplaysController,
        EventsController,
        EventTypesController,
        StreamController,
        SearchController,
        StatsController,
        AuditController,
        DocsController,
        PortalSessionsController,
        FilterTestController,
        SettingsController,
      ],
      providers: [
        ...requestProviders(config),
        ...kafkaProviders(config, context, codecs),
        { provide: SensitiveNames, useFactory: () => new SensitiveNames(config.SENSITIVE_FIELDS) },
        ...replayProviders(config, context, codecs),
        ...streamProviders(config, context, codecs),
        { provide: ApiMetrics, useFactory: () => new ApiMetrics(context.metrics) },
        { provide: CONFIG, useValue: config },
        { provide: WebhookDefaultsOf, useFactory: () => new WebhookDefaultsOf(config) },
      ],
    };
  }

  /** What others wait for ends first; stores and the producer are closed after the last request. */
  async beforeApplicationShutdown(): Promise<void> {
    this.outcomes.close();
    this.streams.close();
    this.reauthorization.close();
    this.metrics.close();
    await Promise.all([this.relay.stop(), this.replays.stop(), this.tail.stop()]);
  }
}

function requestProviders(config: ManagementApiConfig): Provider[] {
  const webhookChecks = webhookFieldChecks(guardFromConfig(config), config.SIGNATURE_HEADER, config);
  const checks: ChecksByOperation = {
    createWebhook: webhookChecks,
    updateWebhook: webhookChecks,
    putEventType: eventTypeFieldChecks,
    testFilter: { filter: checkFilter },
  };
  return [
    { provide: FIELD_CHECKS, useValue: checks },
    { provide: APP_GUARD, useClass: OperationGuard },
    { provide: APP_INTERCEPTOR, useClass: EtagInterceptor },
    // Around the next one: a change under an Idempotency-Key is committed there.
    { provide: APP_INTERCEPTOR, useClass: InForceInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ];
}

function kafkaProviders(config: ManagementApiConfig, context: AppContext, codecs: ApiCodecs): Provider[] {
  const { logger } = context;
  const topicNames = new TopicNames(config.TOPIC_PREFIX);
  const payloadBytesMax = config.MAX_PAYLOAD_SIZE_KB * bytesPerKiB;
  return [
    { provide: OutcomeWatch, useFactory: () => new OutcomeWatch(codecs.outcomes, logger) },
    {
      provide: TopicTail,
      inject: [KafkaClient, OutcomeWatch, OutcomeFeed],
      useFactory: (client: KafkaClient, outcomes: OutcomeWatch, feed: OutcomeFeed) =>
        new TopicTail(
          client,
          {
            topics: [topicNames.of(topics.outcomes)],
            from: 'end',
            onRecord: (record) => {
              outcomes.take(record);
              feed.take(record);
            },
          },
          logger,
        ),
    },
    {
      provide: OutboxRelay,
      inject: [OutboxStore, RecordSink],
      useFactory: (store: OutboxStore, sink: RecordSink) =>
        new OutboxRelay({
          store,
          sink,
          encode: (row) => outboxRecord(row, codecs, topicNames),
          logger,
          instanceId: config.KAFKA_INSTANCE_ID,
        }),
    },
    {
      provide: DefinitionsInForce,
      inject: [OutboxStore],
      useFactory: (outbox: OutboxStore) =>
        new DefinitionsInForce({ outbox, waitMsMax: config.DEFINITION_WAIT_MS_MAX, logger }),
    },
    {
      provide: KafkaWriter,
      inject: [RecordSink],
      useFactory: (sink: RecordSink) => new KafkaWriter({ sink, logger }),
    },
    {
      provide: EventPublisher,
      inject: [KafkaWriter, EventTypeStore, ClientStore, PublishedEventStore, WebhookView],
      useFactory: (
        writer: KafkaWriter,
        eventTypes: EventTypeStore,
        clients: ClientStore,
        store: PublishedEventStore,
        webhooks: WebhookView,
      ) =>
        new EventPublisher({
          writer,
          store,
          judge: new EventJudge({
            ...{ eventTypes, clients, takenTypes: new TakenTypes({ webhooks }) },
            unknownEventTypes: config.UNKNOWN_EVENT_TYPES,
          }),
          topic: topicNames.of(topics.platformEvents),
          eventBytesMax: payloadBytesMax,
        }),
    },
    {
      provide: DirectDeliveries,
      inject: [KafkaWriter, EventTypeStore],
      useFactory: (writer: KafkaWriter, eventTypes: EventTypeStore) =>
        new DirectDeliveries({
          writer,
          codecs,
          topicNames,
          eventTypes,
          sensitiveNames: new SensitiveNames(config.SENSITIVE_FIELDS),
          payloadBytesMax,
        }),
    },
  ];
}
