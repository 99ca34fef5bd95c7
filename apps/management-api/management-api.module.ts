/** Where the management API's parts are wired. */
import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { SensitiveNames } from '../../libs/domain/payload/mask.ts';
import { kafkaConnection, KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { KafkaModule } from '../../libs/kafka/kafka.module.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { TopicTail } from '../../libs/kafka/tail/topic-tail.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import { ClientStore } from '../../libs/postgres/webhooks/client-store.ts';
import { EventTypeStore } from '../../libs/postgres/webhooks/event-type-store.ts';
import { PublishedEventStore } from '../../libs/postgres/history/published-event-store.ts';
import { OutboxStore } from '../../libs/postgres/outbox/outbox-store.ts';
import { SettingsInForce } from '../../libs/postgres/webhooks/settings-in-force.ts';
import { WebhookView } from '../../libs/postgres/webhooks/webhook-view.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { guardFromConfig } from '../../libs/sender/guard-from-config.ts';
import { topics } from '../../libs/wire/topics.ts';
import { apiCodecs, TopicNames, type ApiCodecs } from './api-codecs.ts';
import { ApiKeysController } from './access/api-keys.controller.ts';
import { ApiMetrics } from './http/api-metrics.ts';
import { AuditController } from './access/audit.controller.ts';
import { ClientLeavingController } from './access/client-leaving.controller.ts';
import { ClientSuspensionController } from './access/client-suspension.controller.ts';
import { ClientsController } from './access/clients.controller.ts';
import type { ManagementApiConfig } from './config.ts';
import { DeliveriesController } from './deliveries/deliveries.controller.ts';
import { DirectDeliveries } from './deliveries/direct-deliveries.ts';
import { DocsController } from './http/docs.controller.ts';
import { IndexController } from './http/index.controller.ts';
import { EtagInterceptor } from './http/etag.interceptor.ts';
import { ExportController } from './deliveries/export.controller.ts';
import { EventValidator } from './events/event-validator.ts';
import { EventPublisher } from './events/event-publisher.ts';
import { CatalogueDocumentsController } from './events/catalogue-documents.controller.ts';
import { CatalogueImport } from './events/catalogue-import.ts';
import { FiltersOfTypes } from '../../libs/postgres/webhooks/filters-looked-at.ts';
import { eventTypeFieldChecks } from './events/event-type-checks.ts';
import { EventTypesController } from './events/event-types.controller.ts';
import { EventsController } from './events/events.controller.ts';
import { IdempotencyInterceptor } from './http/idempotency.interceptor.ts';
import { InForceInterceptor } from './outbox/in-force.interceptor.ts';
import { KafkaWriter } from './outbox/kafka-writer.ts';
import { FilterTestController } from './webhooks/filter-test.controller.ts';
import { FIELD_CHECKS, OperationGuard, type ChecksByOperation } from './access/operation.guard.ts';
import { outboxRecord } from './outbox/outbox-records.ts';
import { DefinitionsInForce } from './outbox/definitions-in-force.ts';
import { OutboxRelay } from './outbox/outbox-relay.ts';
import { OutcomeWatch } from './stream/outcome-watch.ts';
import { PortalSessionsController } from './access/portal-sessions.controller.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { ErasureRunner, SuspensionRunner } from './erasing/erasing-runners.ts';
import { erasingProviders } from './erasing/erasing-providers.ts';
import { RedriveRunner } from './rejections/redrive-runner.ts';
import { RejectedEventsController } from './rejections/rejected-events.controller.ts';
import { rejectionProviders } from './rejections/rejection-providers.ts';
import { replayProviders } from './replays/replay-providers.ts';
import { ReplayRunner } from './replays/replay-runner.ts';
import { Reauthorization } from './access/reauthorization.ts';
import { ReplaysController } from './replays/replays.controller.ts';
import { OutcomeFeed } from './stream/outcome-feed.ts';
import { OutcomeStreams } from './stream/outcome-streams.ts';
import { SearchController } from './http/search.controller.ts';
import { StreamController } from './stream/stream.controller.ts';
import { streamProviders } from './stream/stream-providers.ts';
import { StatsController } from './webhooks/stats.controller.ts';
import { StoresModule } from './stores.module.ts';
import { SystemController } from './system/system.controller.ts';
import { systemProviders } from './system/system-providers.ts';
import { DatabaseDiagnosis } from '../../libs/postgres/server/diagnosis.ts';
import { TakenTypes } from './http/taken-types.ts';
import { checkFilter, webhookFieldChecks } from './webhooks/webhook-checks.ts';
import { CONFIG, SettingsController } from './http/settings.controller.ts';
import { WebhookDefaultsOf } from './webhooks/webhook-defaults.ts';
import { WebhookPauseController } from './webhooks/webhook-pause.controller.ts';
import { WebhookTrialsController } from './webhooks/webhook-trials.controller.ts';
import { WebhookVerificationController } from './webhooks/webhook-verification.controller.ts';
import { WebhooksController } from './webhooks/webhooks.controller.ts';

const bytesPerKiB = 1024;
/** From one fetch of outcomes to the next, in milliseconds: while somebody follows them, and while nobody does. */
const liveMs = 50;
const unwatchedMs = 250;

@Module({})
export class ManagementApiModule implements BeforeApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(TopicTail) private readonly tail: TopicTail,
    @Inject(OutcomeWatch) private readonly outcomes: OutcomeWatch,
    @Inject(ReplayRunner) private readonly replays: ReplayRunner,
    @Inject(RedriveRunner) private readonly redrives: RedriveRunner,
    @Inject(ErasureRunner) private readonly erasures: ErasureRunner,
    @Inject(SuspensionRunner) private readonly suspensions: SuspensionRunner,
    @Inject(OutcomeStreams) private readonly streams: OutcomeStreams,
    @Inject(Reauthorization) private readonly reauthorization: Reauthorization,
    @Inject(ApiMetrics) private readonly metrics: ApiMetrics,
    @Inject(DatabaseDiagnosis) private readonly diagnosis: DatabaseDiagnosis,
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
        ClientLeavingController,
        ClientSuspensionController,
        ApiKeysController,
        WebhooksController,
        WebhookPauseController,
        WebhookTrialsController,
        WebhookVerificationController,
        ExportController,
        DeliveriesController,
        ReplaysController,
        EventsController,
        RejectedEventsController,
        EventTypesController,
        CatalogueDocumentsController,
        StreamController,
        SearchController,
        StatsController,
        AuditController,
        DocsController,
        IndexController,
        PortalSessionsController,
        FilterTestController,
        SettingsController,
        SystemController,
      ],
      providers: [
        ...requestProviders(config),
        ...kafkaProviders(config, context, codecs),
        { provide: SensitiveNames, useFactory: () => new SensitiveNames(config.SENSITIVE_FIELDS) },
        ...replayProviders(config, context, codecs),
        ...rejectionProviders(config, context),
        ...erasingProviders(config, context),
        ...systemProviders(config, context),
        ...streamProviders(config, context, codecs),
        { provide: ApiMetrics, useFactory: () => new ApiMetrics(context.metrics) },
        {
          provide: CatalogueImport,
          inject: [EventTypeStore, FiltersOfTypes],
          useFactory: (eventTypes: EventTypeStore, filters: FiltersOfTypes) =>
            new CatalogueImport({ eventTypes, filters, registry }),
        },
        { provide: CONFIG, useValue: config },
        {
          provide: WebhookDefaultsOf,
          inject: [SettingsInForce],
          useFactory: (kept: SettingsInForce) => new WebhookDefaultsOf(config, kept),
        },
      ],
    };
  }

  /** What others wait for ends first; stores and the producer are closed after the last request. */
  async beforeApplicationShutdown(): Promise<void> {
    this.outcomes.close();
    this.streams.close();
    this.reauthorization.close();
    this.metrics.close();
    const runners = [this.relay, this.replays, this.redrives, this.erasures, this.suspensions, this.tail];
    await Promise.all(runners.map((one) => one.stop()));
    await this.diagnosis.close();
  }
}

function requestProviders(config: ManagementApiConfig): Provider[] {
  const webhookChecks = webhookFieldChecks(guardFromConfig(config), config.SIGNATURE_HEADER, config);
  const checks: ChecksByOperation = {
    createWebhook: webhookChecks,
    updateWebhook: webhookChecks,
    putEventType: eventTypeFieldChecks,
    updateEventType: eventTypeFieldChecks,
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
            // With nobody there only the position matters. Whoever comes waits so long once, and only while outcomes keep coming.
            paceMs: () => (feed.isFollowed || outcomes.isAwaited ? liveMs : unwatchedMs),
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
          judge: new EventValidator({
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
