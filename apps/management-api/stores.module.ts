/** The stores and views of the database, and what asks them who calls. */
import { EntityManager } from '@mikro-orm/postgresql';
import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeyStore } from '../../libs/postgres/api-key-store.ts';
import { AuditErasureStore } from '../../libs/postgres/audit-erasure-store.ts';
import { AuditStore } from '../../libs/postgres/audit-store.ts';
import { ClientStore } from '../../libs/postgres/client-store.ts';
import { Database } from '../../libs/postgres/database.ts';
import { DeliveryView } from '../../libs/postgres/delivery-view.ts';
import { EventTypeStore } from '../../libs/postgres/event-type-store.ts';
import { EventView } from '../../libs/postgres/event-view.ts';
import { HealthView } from '../../libs/postgres/health-view.ts';
import { IdempotencyStore } from '../../libs/postgres/idempotency-store.ts';
import { OutboxStore } from '../../libs/postgres/outbox-store.ts';
import { PortalStore } from '../../libs/postgres/portal-store.ts';
import { PostgresModule } from '../../libs/postgres/postgres.module.ts';
import { PublishedEventStore } from '../../libs/postgres/published-event-store.ts';
import { ReplayStore } from '../../libs/postgres/replay-store.ts';
import { OwnDatabase, ReservedDatabase } from '../../libs/postgres/reserved-database.ts';
import { StatsView } from '../../libs/postgres/stats-view.ts';
import { WebhookStore } from '../../libs/postgres/webhook-store.ts';
import { WebhookView } from '../../libs/postgres/webhook-view.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { maskHeaders } from '../../libs/domain/request-headers.ts';
import { showTls } from '../../libs/sender/tls-material.ts';
import { Authentication } from './authentication.ts';
import type { ManagementApiConfig } from './config.ts';
import { portalKeyPurpose, PortalSessions } from './portal-sessions.ts';
import { RequestRates } from './request-rates.ts';

/** What is made from the entity manager alone. */
const plain = [
  ApiKeyStore,
  AuditErasureStore,
  AuditStore,
  ClientStore,
  DeliveryView,
  EventTypeStore,
  EventView,
  HealthView,
  PortalStore,
  PublishedEventStore,
  ReplayStore,
  StatsView,
  WebhookView,
] as const;

/** The database as readiness sees it. By a name of its own: that of the common pool is {@link Database} here as everywhere. */
export class OwnDatabaseState extends Database {}

/** What the process needs for itself: nothing that callers ask for is in its way. */
const own = [OwnDatabaseState, OutboxStore] as const;

@Module({})
export class StoresModule {
  static async with(config: ManagementApiConfig, context: AppContext): Promise<DynamicModule> {
    const secretBox = new SecretBox(config.ENCRYPTION_KEYS);
    const portalKeys = secretBox.derived(portalKeyPurpose);
    const providers = [
      ...plain.map((Store) => ({
        provide: Store,
        inject: [EntityManager],
        useFactory: (em: EntityManager) => new Store(em),
      })),
      ...own.map((Store) => ({
        provide: Store,
        inject: [OwnDatabase],
        useFactory: ({ em }: OwnDatabase) => new Store(em),
      })),
      { provide: OwnDatabase, useFactory: () => new OwnDatabase(config.DATABASE_URL) },
      { provide: ReservedDatabase, useFactory: () => new ReservedDatabase(config.DATABASE_URL) },
      {
        provide: WebhookStore,
        inject: [EntityManager],
        useFactory: (em: EntityManager) =>
          new WebhookStore({ em, secretBox, maskHeaders, showTls, perClientMax: config.WEBHOOKS_PER_CLIENT }),
      },
      {
        provide: IdempotencyStore,
        inject: [EntityManager],
        useFactory: (em: EntityManager) => new IdempotencyStore(em, secretBox),
      },
      {
        provide: PortalSessions,
        inject: [PortalStore],
        useFactory: (store: PortalStore) => new PortalSessions(store, portalKeys),
      },
      { provide: RequestRates, useFactory: () => new RequestRates(config, context.metrics) },
      {
        provide: Authentication,
        inject: [ReservedDatabase, RequestRates],
        useFactory: ({ em }: ReservedDatabase, { unknownKeys }: RequestRates) =>
          new Authentication({
            keys: new ApiKeyStore(em),
            portalSessions: new PortalSessions(new PortalStore(em), portalKeys),
            unknownKeys,
            adminKey: config.ADMIN_API_KEY,
            logger: context.logger,
            now: Date.now,
          }),
      },
    ];
    return {
      module: StoresModule,
      imports: [await PostgresModule.with(config)],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
