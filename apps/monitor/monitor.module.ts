/** Where the monitor's parts are wired. */
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { kafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import { KafkaModule } from '../../libs/kafka/kafka.module.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchedRegistry } from '../../libs/kafka/watched-registry.ts';
import { BacklogView } from '../../libs/postgres/history/backlog-view.ts';
import { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import { Database } from '../../libs/postgres/server/database.ts';
import { HealthStore } from '../../libs/postgres/health/health-store.ts';
import { keepHouse } from '../../libs/postgres/housekeeping/housekeeping.ts';
import { NoticeMailStore } from '../../libs/postgres/outbox/notice-mail-store.ts';
import { PostgresModule } from '../../libs/postgres/postgres.module.ts';
import { sweepTimes } from '../../libs/postgres/housekeeping/sweep-store.ts';
import { SettingsInForce } from '../../libs/postgres/webhooks/settings-in-force.ts';
import { SettingsStore } from '../../libs/postgres/webhooks/settings-store.ts';
import { RecoveryStore } from '../../libs/postgres/health/recovery-store.ts';
import { VerificationStore } from '../../libs/postgres/health/verification-store.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import type { AvroCodec, AvroReader } from '../../libs/wire/avro-codec.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import { unobservedFields, type ObservedOutcome } from '../../libs/domain/delivery/outcome.ts';
import { BacklogMetrics } from './backlog-metrics.ts';
import { Housekeeper } from './housekeeper.ts';
import type { MonitorConfig } from './config.ts';
import { GlobalGuard } from './global-guard.ts';
import { MailSender } from './mail-sender.ts';
import { Mailer } from './mailer.ts';
import { MonitorMetrics } from './monitor-metrics.ts';
import { disableRulesIn } from './disable-rules-in-force.ts';
import { Observation } from './observation.ts';
import { OutcomesController } from './outcomes.controller.ts';
import { Repeated } from './repeated.ts';
import { ScheduledChecks } from './scheduled-checks.ts';
import { dayMs } from '../../libs/domain/day.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const mailRules = { gatherMs: 15_000, quietMs: 30 * minuteMs };
const mailsEveryMs = 5_000;
const roundsEveryMsMax = 10_000;

/** What runs by the clock. */
export class Routine {
  readonly jobs: readonly Repeated[];

  constructor(jobs: readonly Repeated[]) {
    this.jobs = jobs;
  }
}

@Module({})
export class MonitorModule implements OnModuleDestroy {
  constructor(
    @Inject(Observation) private readonly observation: Observation,
    @Inject(Routine) private readonly routine: Routine,
    @Inject(BacklogMetrics) private readonly backlog: BacklogMetrics,
  ) {}

  static async with(config: MonitorConfig, context: AppContext): Promise<DynamicModule> {
    const registry = watchedRegistry(config, context);
    const outcomes = (await registry.codec(topics.outcomes)).without(unobservedFields);
    const deliveries = await registry.codec(topics.deliveries);
    return {
      module: MonitorModule,
      imports: [
        await PostgresModule.with(config),
        KafkaModule.with(kafkaConnection(config, 'monitor'), { whenUnwritable: 'refuse' }),
      ],
      controllers: [OutcomesController],
      providers: [
        {
          provide: MonitorMetrics,
          useFactory: () => new MonitorMetrics(context.metrics, config.TOPIC_PREFIX),
        },
        {
          provide: BacklogMetrics,
          inject: [EntityManager],
          useFactory: (em: EntityManager) => {
            const { metrics, logger } = context;
            const backlog = new BacklogMetrics({ metrics, view: new BacklogView(em), logger, now: Date.now });
            backlog.start();
            return backlog;
          },
        },
        {
          provide: HealthStore,
          inject: [EntityManager],
          useFactory: (em: EntityManager) => new HealthStore(em, offsetsOf(em, config)),
        },
        {
          provide: GlobalGuard,
          inject: [HealthStore, MonitorMetrics],
          useFactory: (store: HealthStore, metrics: MonitorMetrics) => makeGuard(store, metrics, context),
        },
        {
          provide: Observation,
          inject: [EntityManager, Database, HealthStore, GlobalGuard, MonitorMetrics],
          useFactory: (
            em: EntityManager,
            database: Database,
            store: HealthStore,
            guard: GlobalGuard,
            metrics: MonitorMetrics,
          ) => makeObservation({ config, context, codec: outcomes, em, database, store, guard, metrics }),
        },
        {
          provide: Routine,
          inject: [EntityManager, Database, RecordSink, GlobalGuard, MonitorMetrics],
          useFactory: (
            em: EntityManager,
            database: Database,
            sink: RecordSink,
            guard: GlobalGuard,
            metrics: MonitorMetrics,
          ) => makeRoutine({ config, context, codec: deliveries, em, database, sink, guard, metrics }),
        },
      ],
    };
  }

  /** Comes before the consumer drains. */
  async onModuleDestroy(): Promise<void> {
    this.backlog.stop();
    this.observation.work.beginStop();
    await Promise.all(this.routine.jobs.map((job) => job.stop()));
  }
}

async function timeOf(database: Database): Promise<Date> {
  return new Date(await database.time());
}

function offsetsOf(em: EntityManager, config: MonitorConfig): ConsumerOffsetStore {
  return new ConsumerOffsetStore(em, `${config.TOPIC_PREFIX}monitor`);
}

function makeGuard(store: HealthStore, metrics: MonitorMetrics, { logger }: AppContext): GlobalGuard {
  return new GlobalGuard({
    votesSince: (since) => store.votes(since),
    endpointsOf: (webhookIds) => store.endpoints(webhookIds),
    onChange: ({ isPaused, voters, failing }) => {
      metrics.guarded(isPaused);
      if (!isPaused) logger.info({ voters, failing }, 'most webhooks work again: disabling goes on');
      else logger.warn({ voters, failing }, 'most webhooks fail at once, it may be our own network: none is disabled');
    },
  });
}

function makeObservation(parts: {
  config: MonitorConfig;
  context: AppContext;
  codec: AvroReader<ObservedOutcome>;
  em: EntityManager;
  database: Database;
  store: HealthStore;
  guard: GlobalGuard;
  metrics: MonitorMetrics;
}): Observation {
  const { config, context, codec, em, database, store, guard, metrics } = parts;
  const settings = new SettingsInForce(new SettingsStore(em));
  return new Observation({
    codec,
    store,
    guard,
    offsets: offsetsOf(em, config),
    policy: async () => ({
      disable: disableRulesIn(config, (await settings.get()).changed),
      goodPingsToHeal: config.AUTO_HEAL_ENABLED ? config.AUTO_HEAL_PINGS : null,
      recoveryMs: config.HEALTH_CHECK_INTERVAL_MINUTES * minuteMs,
      areMailed: config.SMTP_URL !== null,
    }),
    metrics,
    logger: context.logger,
    now: () => timeOf(database),
    wallNow: Date.now,
    crash: (error) => {
      // Reaches the process's own handler, which logs it and leaves with a status of 1.
      setImmediate(() => {
        throw error;
      });
    },
  });
}

function verificationOf(em: EntityManager, config: MonitorConfig) {
  const { ENDPOINT_VERIFICATION: method, ENDPOINT_VERIFICATION_ORIGIN: origin } = config;
  return method === 'off' ? null : { store: new VerificationStore(em), wish: { method, origin } };
}

function makeRoutine(parts: {
  config: MonitorConfig;
  context: AppContext;
  codec: AvroCodec<Delivery>;
  em: EntityManager;
  database: Database;
  sink: RecordSink;
  guard: GlobalGuard;
  metrics: MonitorMetrics;
}): Routine {
  const { config, context, codec, em, database, sink, guard, metrics } = parts;
  const { logger } = context;
  const intervalMs = config.HEALTH_CHECK_INTERVAL_MINUTES * minuteMs;
  const silentMs = config.SILENT_WEBHOOK_HOURS * hourMs;
  const auditRetentionDays = config.AUDIT_RETENTION_DAYS === 0 ? undefined : config.AUDIT_RETENTION_DAYS;
  const housekeeper = new Housekeeper({
    keepHouse: (isStopped) =>
      keepHouse(em, { retentionDays: config.HISTORY_RETENTION_DAYS, auditRetentionDays, isStopped }),
    sweepTimes: () => sweepTimes(em),
    metrics,
    logger,
  });
  const scheduledChecks = new ScheduledChecks({
    store: new RecoveryStore(em),
    guard,
    pings: config.AUTO_HEAL_ENABLED ? { intervalMs, giveUpMs: config.HISTORY_RETENTION_DAYS * dayMs } : null,
    silence: silentMs === 0 ? null : { silentMs: Math.max(silentMs, intervalMs), intervalMs },
    verification: verificationOf(em, config),
    areMailed: config.SMTP_URL !== null,
    everyMs: Math.min(intervalMs / 4, roundsEveryMsMax),
    deliveriesTopic: topicName(config.TOPIC_PREFIX, topics.deliveries),
    encode: (delivery) => codec.encode(delivery),
    append: (records, options) => sink.append(records, options),
    now: () => timeOf(database),
    metrics,
    logger,
  });
  const jobs = [new Repeated(housekeeper), new Repeated(scheduledChecks)];
  if (config.SMTP_URL === null) return new Routine(jobs);
  const mailer = new Mailer({
    store: new NoticeMailStore(em),
    sender: new MailSender({ url: config.SMTP_URL, from: config.SMTP_FROM }),
    rules: mailRules,
    everyMs: mailsEveryMs,
    metrics,
    logger,
    now: () => timeOf(database),
  });
  return new Routine([...jobs, new Repeated(mailer)]);
}
