/** The monitor: health of webhooks, disabling what keeps failing, housekeeping of the database. */
import 'reflect-metadata';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { KafkaBatchServer } from '../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchDatabaseClock } from '../../libs/postgres/server/database-clock.ts';
import { Database } from '../../libs/postgres/server/database.ts';
import { runApp } from '../../libs/runtime/app.module.ts';
import { monitorConfig } from './config.ts';
import { MonitorMetrics } from './monitor-metrics.ts';
import { MonitorModule, Routine } from './monitor.module.ts';
import { Observation } from './observation.ts';

/** A write takes a fraction of a second; one that is cut off is done again by whoever comes next. */
const drainDeadlineMs = 4_000;

await runApp({
  name: 'monitor',
  isBackground: true,
  config: monitorConfig,
  root: (config, context) => MonitorModule.with(config, context),
  prepare: (app, config, context) => {
    const observation = app.get(Observation);
    const database = app.get(Database);
    const server = new KafkaBatchServer({
      client: app.get(KafkaClient),
      logger: context.logger,
      metrics: new ConsumerMetrics(context.metrics),
      groupId: `${config.TOPIC_PREFIX}monitor`,
      topicsOf: (pattern) => [config.TOPIC_PREFIX + pattern],
      offsets: 'external',
      // History and health have a second; a write is the dearer the smaller it is.
      paceMs: 250,
      maxWaitMs: 500,
      drainDeadlineMs,
      onAssigned: (leases) => observation.work.assigned(leases),
      onRevoking: (leases) => observation.drain(leases),
    });
    app.connectMicroservice({ strategy: server });
    context.health.add('kafka consumer', () => server.problem());
    context.health.add('kafka producer', () => app.get(RecordSink).problem());
    context.health.add('database', () => database.problem());
    watchDatabaseClock(database, context);
    context.health.add('observation', () => observation.work.problem());
    app.get(MonitorMetrics).watchLag(() => server.lag);
    for (const job of app.get(Routine).jobs) job.start();
  },
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
});
