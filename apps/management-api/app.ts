/** The management API as an app: what is prepared before it listens, what starts after. */
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { TopicTail } from '../../libs/kafka/tail/topic-tail.ts';
import { watchUnwritable } from '../../libs/kafka/producer/unwritable.ts';
import { watchDatabaseClock } from '../../libs/postgres/server/database-clock.ts';
import { OutboxStore } from '../../libs/postgres/outbox/outbox-store.ts';
import { ReservedDatabase } from '../../libs/postgres/server/reserved-database.ts';
import { WebhookView } from '../../libs/postgres/webhooks/webhook-view.ts';
import type { AppDefinition } from '../../libs/runtime/app.module.ts';
import { ApiMetrics } from './http/api-metrics.ts';
import { RequestFairness } from './access/request-fairness.ts';
import { Authentication } from './access/authentication.ts';
import { managementApiConfig } from './config.ts';
import { CrossOrigin } from './http/cross-origin.ts';
import { prepareServer, serverOptions } from './http/http-server.ts';
import { ManagementApiModule } from './management-api.module.ts';
import { OutboxRelay } from './outbox/outbox-relay.ts';
import { preparePortal } from './http/portal-site.ts';
import { boundReads } from './access/request-reads.ts';
import { RequestRates } from './access/request-rates.ts';
import { ErasureRunner, SuspensionRunner } from './erasing/erasing-runners.ts';
import { RedriveRunner } from './rejections/redrive-runner.ts';
import { ReplayRunner } from './replays/replay-runner.ts';
import { OwnDatabaseState } from './stores.module.ts';

export const managementApi: AppDefinition<typeof managementApiConfig> = {
  name: 'management-api',
  config: managementApiConfig,
  server: serverOptions,
  hasApi: true,
  root: (config, context) => ManagementApiModule.with(config, context),
  prepare: (app, config, { logger, health, tracer, metrics: all }) => {
    const metrics = app.get(ApiMetrics);
    const database = app.get(OwnDatabaseState);
    const sink = app.get(RecordSink);
    const relay = app.get(OutboxRelay);
    const tail = app.get(TopicTail);
    const authentication = app.get(Authentication);
    const crossOrigin = new CrossOrigin(config.API_CORS_ORIGINS);
    const admission = { authentication, rates: app.get(RequestRates), turns: new RequestFairness(), tracer };
    prepareServer(app, { ...admission, metrics, logger, crossOrigin });
    preparePortal(app.getHttpAdapter().getInstance(), config, logger);
    boundReads(app.getHttpAdapter().getInstance(), {
      reserved: app.get(ReservedDatabase),
      poolMax: config.DATABASE_POOL_MAX,
    });
    watchUnwritable(all, () => sink.unwritable);
    metrics.watch({
      webhooks: app.get(WebhookView),
      outbox: app.get(OutboxStore),
      unacknowledged: () => sink.waiting,
      logger,
    });
    health.add('database', () => database.problem());
    watchDatabaseClock(database, { metrics: all, logger });
    health.add('kafka producer', () => sink.problem());
    health.add('outbox relay', () => relay.problem());
    health.add('outcomes', () => tail.problem());
    if (config.ADMIN_API_KEY === null) logger.info({}, 'no ADMIN_API_KEY: admins are those in the database');
  },
  warmUp: (app) => {
    app.get(OutboxRelay).start();
    app.get(ReplayRunner).start();
    app.get(RedriveRunner).start();
    app.get(ErasureRunner).start();
    app.get(SuspensionRunner).start();
    // Not awaited: without Kafka, what needs only the database is answered all the same.
    void app.get(TopicTail).start();
    return Promise.resolve();
  },
  address: (config) => ({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
};
