/** Where fanout's parts are wired. */
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import { kafkaConnection, KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { KafkaModule } from '../../libs/kafka/kafka.module.ts';
import { ConsumerPermit, PlatformPermit } from '../../libs/kafka/consumer/consumer-permit.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import type { Tracer } from '../../libs/runtime/tracing.ts';
import { RegistryValues } from '../../libs/wire/registry-values.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import { Mappings } from '../../libs/wire/mapping/mappings.ts';
import { RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import type { Registry } from '../../libs/wire/registry.ts';
import { topicName, topics, type TopicSpec } from '../../libs/wire/topics.ts';
import type { WireTypes } from '../../libs/wire/wire-types.ts';
import { Catalogue } from './catalogue.ts';
import type { FanoutConfig } from './config.ts';
import { CopyMemory } from './copy-memory.ts';
import { CopyReader } from './copy-reader.ts';
import { EventHandler } from './event-handler.ts';
import { EventIntake, PlatformIntake, type EventIntakeOptions } from './event-intake.ts';
import { EventWriter } from './event-writer.ts';
import { KeptDeliveries } from './kept-deliveries.ts';
import { FanoutMetrics } from './fanout-metrics.ts';
import { LiveTables, type LiveTable } from '../../libs/kafka/tail/live-tables.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import { PlatformEventsController } from './platform-events.controller.ts';
import { dayMs } from '../../libs/domain/day.ts';

/**
 * What waits in memory, the backlog included, at most; partitions are paused beyond. A burst in a partition keeps
 * nobody else in it waiting until half of what may be kept of it is. Of one partition a run reads for less than a millisecond.
 */
const pumpLimits = {
  maxRecords: 16_000,
  maxBytes: 32 * 1024 * 1024,
  maxPerPartition: 500,
  maxKeptPerPartition: 12_000,
  maxPerRun: 500,
  maxPerPartitionAndRun: 128,
} as const;
const minuteMs = 60_000;

interface Codecs {
  readonly events: AvroCodec<WireTypes['webhook.events']>;
  readonly deliveries: AvroCodec<WireTypes['webhook.deliveries']>;
  readonly definitions: AvroCodec<WireTypes['webhook.definitions']>;
  readonly eventTypes: AvroCodec<WireTypes['webhook.event-types']>;
}

@Module({})
export class FanoutModule implements OnApplicationShutdown {
  constructor(
    @Inject(LiveTables) private readonly tables: LiveTables,
    @Inject(KeptDeliveries) private readonly kept: KeptDeliveries,
  ) {}

  static async with(config: FanoutConfig, context: AppContext): Promise<DynamicModule> {
    const registry = watchedRegistry(config, context);
    const codecs = await codecsFrom(registry);
    const metrics = new FanoutMetrics(context.metrics);
    const table = new SubscriptionTable();
    const catalogue = new Catalogue(config.SENSITIVE_FIELDS);
    const window = { windowMs: config.COPY_WINDOW_MINUTES * minuteMs, eventsMax: config.COPY_WINDOW_EVENTS_MAX };
    const copies = new CopyMemory(window);
    const kept = new KeptDeliveries({ table, logger: context.logger });
    const handler = makeHandler({ config, codecs, table, catalogue, copies, kept }, context.tracer);
    // One for both ways in: JSONata is asked one record at a time.
    const reader = new RecordReader(
      new RegistryValues(registry),
      new Mappings(config.PLATFORM_MAPPINGS, config.PLATFORM_KAFKA_BROKERS === null ? config.TOPIC_PREFIX : ''),
    );
    const intakeOf = (sink: RecordSink, permit: ConsumerPermit, tables: LiveTables): EventIntakeOptions => {
      const { logger } = context;
      const rejectedTopic = topicName(config.TOPIC_PREFIX, topics.platformEventsRejected);
      const mayStart = () => permit.mayStart();
      const writer = new EventWriter({ sink, metrics, rejectedTopic, logger, now: Date.now, mayStart });
      return { handler, reader, writer, tables, logger, limits: pumpLimits };
    };
    return {
      module: FanoutModule,
      imports: [KafkaModule.with(kafkaConnection(config, 'fanout'), { whenUnwritable: 'wait' })],
      controllers: [PlatformEventsController],
      providers: [
        { provide: SubscriptionTable, useValue: table },
        { provide: Catalogue, useValue: catalogue },
        { provide: CopyMemory, useValue: copies },
        {
          provide: CopyReader,
          inject: [KafkaClient],
          useFactory: (client: KafkaClient) =>
            new CopyReader({
              ...window,
              client,
              topic: topicName(config.TOPIC_PREFIX, topics.webhookEvents),
              schemas: registry,
              schemaId: codecs.events.schemaId,
              memory: copies,
              logger: context.logger,
              now: Date.now,
            }),
        },
        { provide: FanoutMetrics, useValue: metrics },
        {
          provide: KeptDeliveries,
          inject: [RecordSink],
          useFactory: (sink: RecordSink) => kept.writeTo(sink),
        },
        ConsumerPermit,
        {
          provide: EventIntake,
          inject: [RecordSink, ConsumerPermit, LiveTables],
          useFactory: (...parts: Parameters<typeof intakeOf>) => new EventIntake(intakeOf(...parts)),
        },
        PlatformPermit,
        {
          provide: PlatformIntake,
          inject: [RecordSink, PlatformPermit, LiveTables],
          useFactory: (...parts: Parameters<typeof intakeOf>) => new PlatformIntake(intakeOf(...parts)),
        },
        {
          provide: LiveTables,
          inject: [KafkaClient],
          useFactory: (client: KafkaClient) =>
            new LiveTables(
              client,
              followedTopics({ config, codecs, table, catalogue, logger: context.logger }),
              context.logger,
            ),
        },
      ],
    };
  }

  /** By now the consumer has drained and left; its producer is closed by KafkaModule. */
  async onApplicationShutdown(): Promise<void> {
    await this.kept.stop();
    await this.tables.stop();
  }
}

async function codecsFrom(registry: Registry): Promise<Codecs> {
  const [events, deliveries, definitions, eventTypes] = await Promise.all([
    registry.codec(topics.webhookEvents),
    registry.codec(topics.deliveries),
    registry.codec(topics.definitions),
    registry.codec(topics.eventTypes),
  ]);
  return { events, deliveries, definitions, eventTypes };
}

interface Parts {
  readonly config: FanoutConfig;
  readonly codecs: Codecs;
  readonly table: SubscriptionTable;
  readonly catalogue: Catalogue;
  readonly copies?: CopyMemory;
  readonly kept?: KeptDeliveries;
}

function makeHandler(
  { config, codecs, table, catalogue, copies, kept }: Parts,
  tracer: Tracer | undefined,
): EventHandler {
  const name = (spec: TopicSpec) => topicName(config.TOPIC_PREFIX, spec);
  return new EventHandler({
    table,
    catalogue,
    encodeEvent: (event) => codecs.events.encode(event),
    encodeDelivery: (delivery) => codecs.deliveries.encode(delivery),
    topics: {
      events: name(topics.webhookEvents),
      deliveries: name(topics.deliveries),
      rejected: name(topics.platformEventsRejected),
      notices: name(topics.notices),
    },
    payloadBytesMax: config.MAX_PAYLOAD_SIZE_KB * 1024,
    unknownEventTypes: config.UNKNOWN_EVENT_TYPES,
    historyMs: config.HISTORY_RETENTION_DAYS * dayMs,
    copies,
    kept,
    now: Date.now,
    tracer,
  });
}

function followedTopics({ config, codecs, table, catalogue, logger }: Parts & { logger: Logger }): LiveTable[] {
  return [
    {
      topic: topicName(config.TOPIC_PREFIX, topics.definitions),
      codec: codecs.definitions,
      size: () => table.size,
      apply: (webhookId, value, at) => {
        const definition = value === null ? null : codecs.definitions.decode(value);
        if (definition === null) {
          table.remove(webhookId);
          return;
        }
        const applied = table.apply(definition, at);
        if (!applied.ok) logger.error({ webhookId, problem: applied.message }, 'a filter that cannot be read');
      },
    },
    {
      topic: topicName(config.TOPIC_PREFIX, topics.eventTypes),
      codec: codecs.eventTypes,
      size: () => catalogue.size,
      apply: (type, value) => {
        const eventType = value === null ? null : codecs.eventTypes.decode(value);
        if (eventType === null) catalogue.remove(type);
        else catalogue.apply(eventType);
      },
    },
  ];
}
