/** The projector: puts events and outcomes into PostgreSQL, exactly once. */
import 'reflect-metadata';
import { ConsumerMetrics } from '../../libs/kafka/consumer/consumer-metrics.ts';
import { KafkaBatchServer } from '../../libs/kafka/consumer/kafka-batch-server.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { watchDatabaseClock } from '../../libs/postgres/server/database-clock.ts';
import { Database } from '../../libs/postgres/server/database.ts';
import { runApp } from '../../libs/runtime/app.module.ts';
import { projectorConfig } from './config.ts';
import { Projection } from './projection.ts';
import { ProjectorMetrics } from './projector-metrics.ts';
import { ProjectorModule } from './projector.module.ts';
import { RejectedProjection } from './rejected-projection.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';

/** A write takes a fraction of a second; one that is cut off is done again by whoever comes next. */
const drainDeadlineMs = 4_000;

await runApp({
  name: 'projector',
  isBackground: true,
  config: projectorConfig,
  root: (config, context) => ProjectorModule.with(config, context),
  prepare: (app, config, context) => {
    const projection = app.get(Projection);
    const rejections = app.get(RejectedProjection);
    const rejectedTopic = topicName(config.TOPIC_PREFIX, topics.platformEventsRejected);
    const database = app.get(Database);
    const server = new KafkaBatchServer({
      client: app.get(KafkaClient),
      logger: context.logger,
      metrics: new ConsumerMetrics(context.metrics),
      groupId: `${config.TOPIC_PREFIX}projector`,
      topicsOf: (pattern) => [config.TOPIC_PREFIX + pattern],
      offsets: 'external',
      // History and health have a second; a write is the dearer the smaller it is.
      paceMs: 250,
      maxWaitMs: 500,
      drainDeadlineMs,
      onAssigned: async (leases) => {
        const [rejected, history] = parted(leases, ({ topic }) => topic === rejectedTopic);
        const positions = [projection.work.assigned(history), rejections.work.assigned(rejected)];
        return (await Promise.all(positions)).flat();
      },
      onRevoking: async (leases) => {
        const [rejected, history] = parted(leases, ({ topic }) => topic === rejectedTopic);
        await Promise.all([projection.drain(history), rejections.drain(rejected)]);
      },
    });
    app.connectMicroservice({ strategy: server });
    context.health.add('kafka consumer', () => server.problem());
    context.health.add('database', () => database.problem());
    watchDatabaseClock(database, context);
    context.health.add('history', () => projection.work.problem());
    app.get(ProjectorMetrics).watchLag(() => server.lag);
  },
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
});

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
