/** Where the dispatcher's parts are wired. */
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { breakerRule } from '../../libs/domain/health/breaker-state.ts';
import { kafkaConnection, KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { KafkaModule } from '../../libs/kafka/kafka.module.ts';
import { LiveTables, type LiveTable } from '../../libs/kafka/tail/live-tables.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import { TroubleLog } from '../../libs/kafka/trouble-log.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import type { RefusedName } from '../../libs/sender/address-guard.ts';
import { Breakers } from '../../libs/sender/breaker.ts';
import { guardFromConfig, proxyFromConfig } from '../../libs/sender/guard-from-config.ts';
import { HttpSender } from '../../libs/sender/http-attempt.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import { Accountable } from './accountable.ts';
import { BufferBudget } from './gate/buffer-budget.ts';
import type { DispatcherConfig } from './config.ts';
import { DeliveriesController } from './deliveries.controller.ts';
import { DispatchMetrics } from './dispatch-metrics.ts';
import { Dispatch } from './dispatch.ts';
import { Gate } from './gate/gate.ts';
import { Post } from './post.ts';
import { dispatchCodecs, Reports, type DispatchCodecs } from './reports.ts';
import { SettledReader } from './settled/settled-reader.ts';
import { WebhookTable } from './webhook-table.ts';
import { pausedBefore, WorkedEndpoints } from './gate/worked-endpoints.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const mebibyte = 1_024 * 1_024;

@Module({})
export class DispatcherModule implements OnApplicationShutdown {
  constructor(
    @Inject(Dispatch) private readonly dispatch: Dispatch,
    @Inject(LiveTables) private readonly definitions: LiveTables,
    @Inject(HttpSender) private readonly sender: HttpSender,
  ) {}

  static async with(config: DispatcherConfig, context: AppContext): Promise<DynamicModule> {
    const registry = watchedRegistry(config, context);
    const codecs = await dispatchCodecs(registry);
    const definitionCodec = await registry.codec(topics.definitions);
    const definitionsInto = (table: WebhookTable, gate: Gate, worked: WorkedEndpoints): LiveTable => ({
      topic: topicName(config.TOPIC_PREFIX, topics.definitions),
      codec: definitionCodec,
      size: () => table.size,
      apply: (webhookId, value) => {
        const target = table.targetVersionOf(webhookId);
        const isVoid = table.apply(webhookId, value === null ? null : definitionCodec.decode(value));
        worked.defined(webhookId, target, table.targetVersionOf(webhookId), monotonicMs());
        if (value === null) gate.forget(webhookId);
        else if (isVoid) gate.forgetEndpoint(webhookId);
      },
    });
    return {
      module: DispatcherModule,
      // Nobody waits for an outcome: the webhook's place is free before it is acknowledged.
      imports: [KafkaModule.with(kafkaConnection(config, 'dispatcher'), { paceMs: 50, whenUnwritable: 'wait' })],
      controllers: [DeliveriesController],
      providers: [
        {
          provide: HttpSender,
          useFactory: () =>
            new HttpSender(guardFromConfig(config, logRefused(context.logger)), { proxy: proxyFromConfig(config) }),
        },
        {
          provide: Dispatch,
          inject: [
            RecordSink,
            HttpSender,
            WebhookTable,
            Gate,
            DispatchMetrics,
            Accountable,
            BufferBudget,
            WorkedEndpoints,
          ],
          useFactory: (
            sink: RecordSink,
            sender: HttpSender,
            table: WebhookTable,
            gate: Gate,
            metrics: DispatchMetrics,
            accountable: Accountable,
            budget: BufferBudget,
            worked: WorkedEndpoints,
          ) =>
            makeDispatch({ config, context, codecs, sink, sender, table, gate, metrics, accountable, budget, worked }),
        },
        {
          provide: BufferBudget,
          inject: [RecordSink],
          useFactory: (sink: RecordSink) =>
            new BufferBudget(config.DISPATCH_MAX_BUFFERED_MB * mebibyte, () => sink.waiting.bytes),
        },
        {
          provide: Accountable,
          inject: [RecordSink],
          useFactory: (sink: RecordSink) => new Accountable({ sink, waitMsMax: config.DISPATCH_UNACKNOWLEDGED_MS_MAX }),
        },
        {
          provide: SettledReader,
          inject: [KafkaClient],
          useFactory: (client: KafkaClient) =>
            new SettledReader({
              client,
              topic: topicName(config.TOPIC_PREFIX, topics.outcomes),
              deliveriesTopic: topicName(config.TOPIC_PREFIX, topics.deliveries),
              logger: context.logger,
            }),
        },
        { provide: WorkedEndpoints, useFactory: () => new WorkedEndpoints() },
        { provide: WebhookTable, useFactory: () => new WebhookTable(new SecretBox(config.ENCRYPTION_KEYS)) },
        {
          provide: DispatchMetrics,
          useFactory: () => new DispatchMetrics(context.metrics, config.TOPIC_PREFIX),
        },
        {
          provide: Gate,
          inject: [WebhookTable, DispatchMetrics],
          useFactory: (table: WebhookTable, metrics: DispatchMetrics) =>
            makeGate(table, metrics, context, config.ORIGIN_MAX_IN_FLIGHT),
        },
        {
          provide: LiveTables,
          inject: [KafkaClient, WebhookTable, Gate, WorkedEndpoints],
          useFactory: (client: KafkaClient, table: WebhookTable, gate: Gate, worked: WorkedEndpoints) =>
            new LiveTables(client, [definitionsInto(table, gate, worked)], context.logger),
        },
      ],
    };
  }

  /** By now the consumer has drained and left; its producer is closed by KafkaModule. */
  async onApplicationShutdown(): Promise<void> {
    this.dispatch.close();
    await this.definitions.stop();
    await this.sender.close();
  }
}

/** The address is told here only: attempts are shown to whoever may choose the name. */
function logRefused(logger: Logger) {
  return (refused: RefusedName) => {
    logger.warn({ ...refused }, 'the host of a webhook resolves to an address that must not be called');
  };
}

function makeGate(table: WebhookTable, metrics: DispatchMetrics, context: AppContext, originInFlightMax: number): Gate {
  const breakers = new Breakers({
    ...breakerRule,
    onChange: (webhookId, host, state) => {
      metrics.breakerChanged(host, state);
      context.logger.warn({ webhookId, host, state }, 'circuit breaker changed');
    },
  });
  return new Gate({ table, breakers, originInFlightMax });
}

function makeDispatch(parts: {
  config: DispatcherConfig;
  context: AppContext;
  codecs: DispatchCodecs;
  sink: RecordSink;
  sender: HttpSender;
  table: WebhookTable;
  gate: Gate;
  metrics: DispatchMetrics;
  accountable: Accountable;
  budget: BufferBudget;
  worked: WorkedEndpoints;
}): Dispatch {
  const { config, codecs, sink, gate, metrics, table, worked } = parts;
  const parkedTopic = topicName(config.TOPIC_PREFIX, topics.parked);
  const proxyTrouble = new TroubleLog(parts.context.logger);
  return new Dispatch({
    maxInFlight: config.DISPATCH_MAX_IN_FLIGHT,
    maxSlow: config.DISPATCH_MAX_SLOW,
    laneRecordsMax: config.WEBHOOK_MAX_BUFFERED,
    laneBytesMax: config.WEBHOOK_MAX_BUFFERED_KB * 1024,
    budget: parts.budget,
    isParkedTopic: (topic) => topic === parkedTopic,
    mayStart: () => parts.accountable.mayStart(),
    unacknowledgedMsMax: config.DISPATCH_UNACKNOWLEDGED_MS_MAX,
    table,
    gate,
    post: new Post({
      sender: parts.sender,
      userAgent: 'DeeperHub-Webhooks/0.1.0',
      signatureHeader: config.SIGNATURE_HEADER.toLowerCase(),
      deliveryAgeMsMax: config.DELIVERY_MAX_AGE_HOURS * hourMs,
      confirmed: (webhook) => gate.confirmed(webhook),
      graceOf: ({ definition }) => {
        const { id, targetVersion } = definition;
        const now = monotonicMs();
        const pausedMs = pausedBefore(definition, Date.now(), now);
        return {
          graceMs: config.REFUSAL_GRACE_MINUTES * minuteMs,
          refusesForMs: worked.refusesForMs(id, now, table.targetVersionOf(id) !== targetVersion, pausedMs),
        };
      },
      retryAfterMsMax: {
        ordered: config.RETRY_AFTER_ORDERED_MAX_MINUTES * minuteMs,
        parallel: config.RETRY_AFTER_MAX_MINUTES * minuteMs,
      },
      attemptStarted: (webhook, { kind }) => {
        if (kind !== 'ping') gate.attemptStarted(webhook);
      },
      attemptEnded: (webhook, result, delivery) => {
        if (delivery.kind === 'ping') gate.pingEnded(webhook, result);
        else {
          gate.attemptEnded(webhook, result);
          const { definition } = webhook;
          const { id, targetVersion } = definition;
          if (table.targetVersionOf(id) === targetVersion) worked.answered(id, result, monotonicMs(), definition);
        }
        if (result.kind === 'error' && result.errorKind === 'proxy') {
          proxyTrouble.say(
            new Error(result.message),
            'the proxy of EGRESS_PROXY_URL fails: the deliveries that it held up are tried again',
          );
        }
        metrics.attempted(delivery.webhookId, delivery.eventType, result);
      },
      now: Date.now,
      random: Math.random,
      tracer: parts.context.tracer,
    }),
    reports: new Reports({ sink, codecs, topicPrefix: config.TOPIC_PREFIX, logger: parts.context.logger }),
    codecs,
    metrics,
    logger: parts.context.logger,
    exhaustedLevel: config.LOG_EXHAUSTED_LEVEL,
  });
}
