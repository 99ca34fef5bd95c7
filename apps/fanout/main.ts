/** Fanout: decides which webhooks get a platform event, and makes a delivery for each. */
import 'reflect-metadata';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { ConsumerPermit } from '../../libs/kafka/consumer/consumer-permit.ts';
import { KafkaBatchServer } from '../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchUnwritable } from '../../libs/kafka/producer/unwritable.ts';
import { runApp } from '../../libs/runtime/app.module.ts';
import { Catalogue } from './catalogue.ts';
import { fanoutConfig } from './config.ts';
import { CopyMemory } from './copy-memory.ts';
import { CopyReader } from './copy-reader.ts';
import { EventIntake } from './event-intake.ts';
import { FanoutMetrics } from './fanout-metrics.ts';
import { FanoutModule } from './fanout.module.ts';
import { LiveTables } from '../../libs/kafka/tail/live-tables.ts';
import { platformPattern } from './platform-events.controller.ts';
import { platformTopics } from './platform-topics.ts';

await runApp({
  name: 'fanout',
  config: fanoutConfig,
  root: (config, context) => FanoutModule.with(config, context),
  prepare: (app, config, context) => {
    const prefix = config.TOPIC_PREFIX;
    const mapped = config.PLATFORM_MAPPINGS.map(({ topic }) => topic);
    const inputs = platformTopics([...new Set([...config.PLATFORM_TOPICS, ...mapped])], prefix);
    const tables = app.get(LiveTables);
    const sink = app.get(RecordSink);
    const intake = app.get(EventIntake);
    const copies = app.get(CopyMemory);
    const server = new KafkaBatchServer({
      client: app.get(KafkaClient),
      logger: context.logger,
      metrics: new ConsumerMetrics(context.metrics),
      groupId: `${prefix}fanout`,
      topicsOf: (pattern) => (pattern === platformPattern ? inputs : [prefix + pattern]),
      commitRecords: 100,
      idleWaitMs: 500,
      // What others fanned out: its copies may be in these partitions, or come there.
      onAssigned: (leases) => (leases.length === 0 ? Promise.resolve() : app.get(CopyReader).catchUp()),
      onRevoking: (leases) => intake.drain(leases),
    });
    app.get(ConsumerPermit).follow(() => server.mayStart());
    app.connectMicroservice({ strategy: server });
    context.health.add('webhook definitions and event types', () => tables.problem());
    context.health.add('kafka consumer', () => server.problem());
    context.health.add('kafka producer', () => sink.problem());
    watchUnwritable(context.metrics, () => sink.unwritable);
    app.get(FanoutMetrics).watch({
      webhooks: () => app.get(SubscriptionTable).size,
      eventTypes: () => app.get(Catalogue).size,
      copies: () => ({ size: copies.size, reachMs: copies.reachMs(Date.now()) }),
      unacknowledged: () => sink.waiting,
      lag: () => server.lag,
    });
  },
  warmUp: (app) => app.get(LiveTables).start(),
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
});
