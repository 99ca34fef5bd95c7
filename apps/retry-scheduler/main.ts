/** The retry scheduler: puts failed deliveries back in their lane when their moment has come. */
import 'reflect-metadata';
import { retryTiers } from '../../libs/domain/delivery/retry.ts';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { ConsumerPermit } from '../../libs/kafka/consumer/consumer-permit.ts';
import { KafkaBatchServer } from '../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchUnwritable } from '../../libs/kafka/producer/unwritable.ts';
import { runApp } from '../../libs/runtime/app.module.ts';
import { retrySchedulerConfig } from './config.ts';
import { RetrySchedulerModule, tierTopic } from './retry-scheduler.module.ts';
import { Scheduler } from './scheduler.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';

await runApp({
  name: 'retry-scheduler',
  config: retrySchedulerConfig,
  root: (config, context) => RetrySchedulerModule.with(config, context),
  prepare: (app, config, context) => {
    const scheduler = app.get(Scheduler);
    const sink = app.get(RecordSink);
    const server = new KafkaBatchServer({
      client: app.get(KafkaClient),
      logger: context.logger,
      metrics: new ConsumerMetrics(context.metrics),
      groupId: `${config.TOPIC_PREFIX}retry-scheduler`,
      topicsOf: () => retryTiers.map((tier) => tierTopic(config.TOPIC_PREFIX, tier.name)),
      // A retry waits for seconds before it is due; what is paused meanwhile is asked for again as soon as before.
      idleWaitMs: 500,
      onRevoking: (leases) => scheduler.release(leases),
    });
    app.get(ConsumerPermit).follow(() => server.mayStart());
    app.connectMicroservice({ strategy: server });
    context.health.add('kafka consumer', () => server.problem());
    context.health.add('kafka producer', () => sink.problem());
    watchUnwritable(context.metrics, () => sink.unwritable);
    app.get(SchedulerMetrics).watch({
      waiting: () => scheduler.waiting,
      pastDueMs: () => scheduler.pastDueMs,
      unacknowledged: () => sink.waiting,
      lag: () => server.lag,
    });
  },
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
});
