/** The dispatcher: posts deliveries to endpoints. The only app that opens connections to them. */
import 'reflect-metadata';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { KafkaBatchServer } from '../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { LiveTables } from '../../libs/kafka/tail/live-tables.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchUnwritable } from '../../libs/kafka/producer/unwritable.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import { runApp } from '../../libs/runtime/app.module.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import { Accountable } from './accountable.ts';
import { BufferBudget } from './gate/buffer-budget.ts';
import { dispatcherConfig } from './config.ts';
import { DispatchMetrics } from './dispatch-metrics.ts';
import { Dispatch } from './dispatch.ts';
import { DispatcherModule } from './dispatcher.module.ts';
import { Gate } from './gate/gate.ts';
import { SettledReader } from './settled/settled-reader.ts';
import { WebhookTable } from './webhook-table.ts';
import { WorkedEndpoints } from './gate/worked-endpoints.ts';

await runApp({
  name: 'dispatcher',
  config: dispatcherConfig,
  root: (config, context) => DispatcherModule.with(config, context),
  prepare: (app, config, context) => {
    const dispatch = app.get(Dispatch);
    const definitions = app.get(LiveTables);
    const sink = app.get(RecordSink);
    const server = new KafkaBatchServer({
      client: app.get(KafkaClient),
      logger: context.logger,
      metrics: new ConsumerMetrics(context.metrics),
      groupId: `${config.TOPIC_PREFIX}dispatcher`,
      topicsOf: (pattern) => [config.TOPIC_PREFIX + pattern],
      positioned: [topicName(config.TOPIC_PREFIX, topics.parked)],
      drainDeadlineMs: config.DRAIN_DEADLINE_MS,
      // Only of the parked lane the position is ever sought, and only while something is parked.
      idleWaitMs: () => (dispatch.parkedWebhooks > 0 ? 100 : 500),
      commitWaitMsMax: config.DISPATCH_UNACKNOWLEDGED_MS_MAX,
      onMayStart: () => {
        dispatch.lanes.run(monotonicMs());
      },
      knownEnd: (one, committed) => dispatch.knownEnd(one, committed),
      onAssigned: async (leases, unreadable) => {
        const settled = await app.get(SettledReader).read(leases);
        app.get(WorkedEndpoints).assigned(monotonicMs());
        dispatch.assigned(leases, unreadable, settled);
      },
      onRevoking: (leases) => dispatch.revoking(leases),
    });
    app.get(Accountable).follow(() => server.mayStart());
    app.get(Gate).trustTable(() => definitions.isCurrent(), definitions);
    // Switched off, deliveries wait in Kafka: nothing is read, nothing is lost.
    if (config.WEBHOOKS_ENABLED) app.connectMicroservice({ strategy: server });
    else context.logger.warn({}, 'WEBHOOKS_ENABLED is false: deliveries wait in Kafka');
    context.health.add('kafka consumer', () => (config.WEBHOOKS_ENABLED ? server.problem() : null));
    context.health.add('kafka producer', () => sink.problem());
    context.health.add('webhook definitions', () => definitions.problem());
    watchUnwritable(context.metrics, () => sink.unwritable);
    app.get(DispatchMetrics).watch({
      inFlight: () => dispatch.lanes.inFlight,
      slowInFlight: () => dispatch.lanes.slots.slowInFlight,
      clientsWaiting: () => dispatch.lanes.slots.clientsWaiting,
      queued: () => dispatch.lanes.queued,
      parkedWebhooks: () => dispatch.parkedWebhooks,
      parkedRecords: () => dispatch.parkedRecords,
      webhooks: () => app.get(WebhookTable).size,
      oldestQueuedAgeMs: (lane) => {
        const oldest = dispatch.lanes.oldestWrittenAt(lane);
        return oldest === null ? 0 : Math.max(0, Date.now() - oldest);
      },
      buffered: () => app.get(BufferBudget).used,
      unacknowledged: () => sink.waiting,
      lag: () => server.lag,
    });
  },
  warmUp: async (app) => {
    await app.get(LiveTables).start();
    app.get(WorkedEndpoints).live();
  },
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
});
