/** Fanout: decides which webhooks get a platform event, and makes a delivery for each. */
import 'reflect-metadata';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { ConsumerPermit, PlatformPermit } from '../../libs/kafka/consumer/consumer-permit.ts';
import { KafkaBatchServer } from '../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { platformConnection } from '../../libs/kafka/cluster/platform-cluster.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { watchUnwritable } from '../../libs/kafka/producer/unwritable.ts';
import { runApp } from '../../libs/runtime/app.module.ts';
import { Catalogue } from './catalogue.ts';
import { fanoutConfig } from './config.ts';
import { CopyMemory } from './copy-memory.ts';
import { CopyReader } from './copy-reader.ts';
import { EventIntake, PlatformIntake } from './event-intake.ts';
import { FanoutMetrics } from './fanout-metrics.ts';
import { FanoutModule } from './fanout.module.ts';
import { LiveTables } from '../../libs/kafka/tail/live-tables.ts';
import { platformClusterPattern, platformPattern } from './platform-events.controller.ts';
import { inputTopics } from './platform-topics.ts';

type TopicList = readonly (string | RegExp)[];

await runApp({
  name: 'fanout',
  config: fanoutConfig,
  root: (config, context) => FanoutModule.with(config, context),
  prepare: (app, config, context) => {
    const prefix = config.TOPIC_PREFIX;
    const mapped = config.PLATFORM_MAPPINGS.map(({ topic }) => topic);
    const platform = platformConnection(config, 'fanout');
    const inputs = inputTopics([...new Set([...config.PLATFORM_TOPICS, ...mapped])], prefix, platform !== null);
    const tables = app.get(LiveTables);
    const sink = app.get(RecordSink);
    const copies = app.get(CopyMemory);
    const metrics = new ConsumerMetrics(context.metrics);
    const served = (client: KafkaClient, intake: EventIntake, topicsOf: (pattern: string) => TopicList) =>
      new KafkaBatchServer({
        client,
        logger: context.logger,
        metrics,
        groupId: `${prefix}fanout`,
        topicsOf,
        commitRecords: 100,
        idleWaitMs: 500,
        // What others fanned out: its copies may be in these partitions, or come there.
        onAssigned: (leases) => (leases.length === 0 ? Promise.resolve() : app.get(CopyReader).catchUp()),
        onRevoking: (leases) => intake.drain(leases),
      });
    const server = served(app.get(KafkaClient), app.get(EventIntake), (pattern) => {
      if (pattern === platformClusterPattern) return [];
      return pattern === platformPattern ? inputs.own : [prefix + pattern];
    });
    app.get(ConsumerPermit).follow(() => server.mayStart());
    app.connectMicroservice({ strategy: server });
    const servers = [server];
    if (platform !== null) {
      const there = served(new KafkaClient(platform, context.logger), app.get(PlatformIntake), (pattern) =>
        pattern === platformClusterPattern ? inputs.platform : [],
      );
      app.get(PlatformPermit).follow(() => there.mayStart());
      app.connectMicroservice({ strategy: there });
      context.health.add("kafka consumer of the platform's cluster", () => there.problem());
      servers.push(there);
    }
    context.health.add('webhook definitions and event types', () => tables.problem());
    context.health.add('kafka consumer', () => server.problem());
    context.health.add('kafka producer', () => sink.problem());
    watchUnwritable(context.metrics, () => sink.unwritable);
    app.get(FanoutMetrics).watch({
      webhooks: () => app.get(SubscriptionTable).size,
      eventTypes: () => app.get(Catalogue).size,
      copies: () => ({ size: copies.size, reachMs: copies.reachMs(Date.now()) }),
      unacknowledged: () => sink.waiting,
      lag: () => new Map(servers.flatMap(({ lag }) => [...lag])),
    });
  },
  warmUp: (app) => app.get(LiveTables).start(),
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
});
