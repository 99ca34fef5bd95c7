/** The stores and views of the database, and what asks them who calls. */
import { EntityManager } from '@mikro-orm/postgresql';
import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeyStore } from '../../libs/postgres/access/api-key-store.ts';
import { AuditErasureStore } from '../../libs/postgres/access/audit-erasure-store.ts';
import { AuditStore } from '../../libs/postgres/access/audit-store.ts';
import { ClientLeavingStore } from '../../libs/postgres/erasing/client-leaving-store.ts';
import { ClientStore } from '../../libs/postgres/webhooks/client-store.ts';
import { Database } from '../../libs/postgres/server/database.ts';
import { DeliveryView } from '../../libs/postgres/history/delivery-view.ts';
import { EventErasureStore } from '../../libs/postgres/erasing/event-erasure-store.ts';
import { FiltersOfTypes } from '../../libs/postgres/webhooks/filters-looked-at.ts';
import { EventTypeStore } from '../../libs/postgres/webhooks/event-type-store.ts';
import { EventView } from '../../libs/postgres/history/event-view.ts';
import { HealthView } from '../../libs/postgres/health/health-view.ts';
import { IdempotencyStore } from '../../libs/postgres/access/idempotency-store.ts';
import { OutboxStore } from '../../libs/postgres/outbox/outbox-store.ts';
import { PortalStore } from '../../libs/postgres/access/portal-store.ts';
import { PostgresModule } from '../../libs/postgres/postgres.module.ts';
import { PublishedEventStore } from '../../libs/postgres/history/published-event-store.ts';
import { RedriveStore } from '../../libs/postgres/rejections/redrive-store.ts';
import { RejectedEventView } from '../../libs/postgres/rejections/rejected-event-view.ts';
import { ReplayStore } from '../../libs/postgres/replays/replay-store.ts';
import { OwnDatabase, ReservedDatabase } from '../../libs/postgres/server/reserved-database.ts';
import { SettingsInForce } from '../../libs/postgres/webhooks/settings-in-force.ts';
import { SettingsStore } from '../../libs/postgres/webhooks/settings-store.ts';
import { StatsView } from '../../libs/postgres/history/stats-view.ts';
import { SuspensionStore } from '../../libs/postgres/webhooks/suspension-store.ts';
import { WebhookStore } from '../../libs/postgres/webhooks/webhook-store.ts';
import { WebhookView } from '../../libs/postgres/webhooks/webhook-view.ts';
import type { AppContext } from '../../libs/runtime/app.module.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { maskHeaders } from '../../libs/domain/payload/request-headers.ts';
import { showTls } from '../../libs/sender/tls-material.ts';
import { Authentication } from './access/authentication.ts';
import type { ManagementApiConfig } from './config.ts';
import { operatorTokensOf } from './access/operator-issuer.ts';
import { portalKeyPurpose, PortalSessions } from './access/portal-sessions.ts';
import { RequestRates } from './access/request-rates.ts';

const hourMs = 3_600_000;

/** What is made from the entity manager alone. */
const plain = [
  ApiKeyStore,
  AuditErasureStore,
  AuditStore,
  ClientLeavingStore,
  ClientStore,
  DeliveryView,
  EventErasureStore,
  EventTypeStore,
  EventView,
  FiltersOfTypes,
  HealthView,
  PortalStore,
  PublishedEventStore,
  RedriveStore,
  RejectedEventView,
  ReplayStore,
  SettingsStore,
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
        inject: [EntityManager, SettingsInForce],
        useFactory: (em: EntityManager, settings: SettingsInForce) => {
          const perClientMax = async () =>
            (await settings.get()).changed['/webhooksPerClientMax'] ?? config.WEBHOOKS_PER_CLIENT;
          const mustProve = config.ENDPOINT_VERIFICATION !== 'off';
          return new WebhookStore({ em, secretBox, maskHeaders, showTls, perClientMax, mustProve });
        },
      },
      {
        provide: SettingsInForce,
        inject: [OwnDatabase],
        useFactory: ({ em }: OwnDatabase) => new SettingsInForce(new SettingsStore(em)),
      },
      {
        provide: SuspensionStore,
        inject: [EntityManager],
        useFactory: (em: EntityManager) => {
          const mustProve = config.ENDPOINT_VERIFICATION !== 'off';
          return new SuspensionStore({ em, deliveryAgeMs: config.DELIVERY_MAX_AGE_HOURS * hourMs, mustProve });
        },
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
        useFactory: ({ em }: ReservedDatabase, { unknownKeys, unknownTokens }: RequestRates) =>
          new Authentication({
            keys: new ApiKeyStore(em),
            portalSessions: new PortalSessions(new PortalStore(em), portalKeys),
            unknownKeys,
            unknownTokens,
            operatorTokens: operatorTokensOf(config, context.logger),
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
