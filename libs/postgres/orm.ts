/** The object-relational mapper with all entities and migrations. Every table is named here once. */
import { Migrator } from '@mikro-orm/migrations';
import type { PoolClient } from 'pg';
import { defineConfig, MikroORM, type Options } from '@mikro-orm/postgresql';
import { leaveWhenReadOnly } from './server/read-only-server.ts';
import { ApiKeyRow } from './entities/api-key.ts';
import { AuditEntryRow } from './entities/audit-entry.ts';
import { ClientRow } from './entities/client.ts';
import { ConsumerOffsetRow } from './entities/consumer-offset.ts';
import { DeliveryAttemptRow } from './entities/delivery-attempt.ts';
import { DeliveryStatsRow } from './entities/delivery-stats.ts';
import { DeliveryRow } from './entities/delivery.ts';
import { EventTypeRow } from './entities/event-type.ts';
import { EventRow } from './entities/event.ts';
import { IdempotencyKeyRow } from './entities/idempotency-key.ts';
import { OutboxRow } from './entities/outbox.ts';
import { PublishedEventRow } from './entities/published-event.ts';
import { ReplayRow } from './entities/replay.ts';
import { WebhookHealthRow } from './entities/webhook-health.ts';
import { WebhookSecretRow } from './entities/webhook-secret.ts';
import { WebhookRow } from './entities/webhook.ts';
import { Initial } from './migrations/0001-initial.ts';
import { PortalSessions } from './migrations/0010-portal-sessions.ts';
import { ShownTlsColumn } from './migrations/0011-shown-tls.ts';
import { RecoveryAndNotices } from './migrations/0030-recovery-and-notices.ts';
import { HistoryInputs } from './migrations/0040-history-inputs.ts';
import { DeliveryStats } from './migrations/0022-delivery-stats.ts';
import { DeliveryStatsHour } from './migrations/0070-delivery-stats-hour.ts';
import { EndedPortalSessions } from './migrations/0071-ended-portal-sessions.ts';
import { KeptPositions } from './migrations/0108-kept-positions.ts';
import { WebhookTargets } from './migrations/0137-webhook-targets.ts';
import { HousekeepingSweeps } from './migrations/0138-housekeeping-sweeps.ts';
import { MailsByAddress } from './migrations/0139-mails-by-address.ts';
import { AuditRetention } from './migrations/0140-audit-retention.ts';
import { OutboxLease } from './migrations/0129-outbox-lease.ts';
import { MissedSince } from './migrations/0134-missed-since.ts';
import { IdempotencyClaims } from './migrations/0136-idempotency-claims.ts';
import { MaskedHeaders } from './migrations/0147-masked-headers.ts';
import { ReplayClaims } from './migrations/0155-replay-claims.ts';
import { LateAttemptsColumns } from './migrations/0172-late-attempts.ts';
import { PublishedContent } from './migrations/0179-published-content.ts';
import { GoneAnswers } from './migrations/0183-gone-answers.ts';
import { MessageIds } from './migrations/0185-message-ids.ts';
import { AnswerCodes } from './migrations/0197-answer-codes.ts';
import { EarlierPauses } from './migrations/0237-earlier-pauses.ts';
import { OperatorSettings } from './migrations/0238-operator-settings.ts';
import { StatsTimes } from './migrations/0239-stats-times.ts';
import { EventTypeVisibility } from './migrations/0243-event-type-visibility.ts';
import { LeavingClients } from './migrations/0240-leaving-clients.ts';
import { OwnRetention } from './migrations/0240-own-retention.ts';
import { SuspendedClients } from './migrations/0240-suspended-clients.ts';
import { EventErasures } from './migrations/0240-event-erasures.ts';
import { Rewinds } from './migrations/0239-rewinds.ts';
import { FailureRates } from './migrations/0198-failure-rates.ts';
import { WebhookLabels } from './migrations/0201-webhook-labels.ts';
import { OutboxByKey } from './migrations/0186-outbox-by-key.ts';
import { KeyCapabilities } from './migrations/0205-key-capabilities.ts';
import { ClientsAndReplays } from './migrations/0214-clients-and-replays.ts';
import { AuditErasures } from './migrations/0216-audit-erasures.ts';
import { EndpointProofs } from './migrations/0241-endpoint-proofs.ts';
import { OperatorsByToken } from './migrations/0242-operators-by-token.ts';
import { WebhookPauses } from './migrations/0232-webhook-pauses.ts';
import { ListIndexes } from './migrations/0023-list-indexes.ts';
import { PublishedEvents } from './migrations/0021-published-events.ts';
import { RejectedEvents } from './migrations/0235-rejected-events.ts';
import { ReplayJobs } from './migrations/0020-replay-jobs.ts';

export const allEntities = [
  ApiKeyRow,
  AuditEntryRow,
  ClientRow,
  ConsumerOffsetRow,
  DeliveryAttemptRow,
  DeliveryRow,
  DeliveryStatsRow,
  EventRow,
  EventTypeRow,
  IdempotencyKeyRow,
  OutboxRow,
  PublishedEventRow,
  ReplayRow,
  WebhookHealthRow,
  WebhookRow,
  WebhookSecretRow,
] as const;

/** In the order in which they run. */
const allMigrations = [
  Initial,
  PortalSessions,
  ShownTlsColumn,
  ReplayJobs,
  PublishedEvents,
  DeliveryStats,
  ListIndexes,
  RecoveryAndNotices,
  HistoryInputs,
  DeliveryStatsHour,
  EndedPortalSessions,
  KeptPositions,
  OutboxLease,
  MissedSince,
  IdempotencyClaims,
  MaskedHeaders,
  WebhookTargets,
  HousekeepingSweeps,
  MailsByAddress,
  AuditRetention,
  ReplayClaims,
  LateAttemptsColumns,
  PublishedContent,
  GoneAnswers,
  MessageIds,
  AnswerCodes,
  FailureRates,
  WebhookLabels,
  KeyCapabilities,
  ClientsAndReplays,
  AuditErasures,
  OutboxByKey,
  WebhookPauses,
  RejectedEvents,
  EarlierPauses,
  OperatorSettings,
  StatsTimes,
  EndpointProofs,
  Rewinds,
  OperatorsByToken,
  EventTypeVisibility,
  EventErasures,
  LeavingClients,
  OwnRetention,
  SuspendedClients,
] as const;

export type Orm = MikroORM;

/** Longest run of one statement. */
const queryMsMax = 120_000;
/** How often PostgreSQL looks whether whoever asked is still there. */
const lossNoticedMs = 5_000;
const setMsMax = 5_000;

export interface SessionOptions {
  /** Makes the database when it is not there: of setup alone. Default: false */
  readonly isDatabaseMade?: boolean;
  /** Longest run of one statement, in milliseconds; 0: as long as it takes. Default: 120,000 */
  readonly statementMsMax?: number;
  /** What runs on each connection before anybody gets it. Where it fails nobody does. Default: nothing */
  readonly begin?: string;
}

/** @param poolMax connections of this process */
export function ormOptions(
  databaseUrl: string,
  poolMax: number,
  { statementMsMax = queryMsMax, begin, isDatabaseMade = false }: SessionOptions = {},
): Options {
  return defineConfig({
    clientUrl: databaseUrl,
    entities: [...allEntities],
    // By default the first query makes a database that is not there, under whatever misspelt name.
    ensureDatabase: isDatabaseMade,
    pool: { min: 0, max: poolMax, idleTimeoutMillis: 30_000 },
    // A server that vanished without a word must show as an error, not as a wait without end.
    driverOptions: {
      connectionTimeoutMillis: 5_000,
      query_timeout: statementMsMax,
      keepAlive: true,
      // The pool waits for it.
      onConnect: async (connection: PoolClient) => {
        leaveWhenReadOnly(connection);
        await noticeLoss(connection);
        if (begin !== undefined) await connection.query(begin);
      },
    },
    extensions: [Migrator],
    migrations: {
      tableName: 'migration',
      // Listed, not looked for: compiled code under dist/ finds the same ones.
      migrationsList: [...allMigrations],
      snapshot: false,
      silent: true,
      transactional: true,
      // Each by itself: its locks are gone when it is done, and after a failure the next run goes on there.
      allOrNothing: false,
      // Switching them off takes a superuser.
      disableForeignKeys: false,
    },
    allowGlobalContext: false,
    colors: false,
  }) as Options;
}

/**
 * A statement ends in PostgreSQL soon after its client is gone, whether that gave up or was killed, and with it what it
 * waits for. Of the connection, not of what is asked: it costs a statement nothing. Behind a pooler it is the pooler's.
 */
async function noticeLoss(client: PoolClient): Promise<void> {
  try {
    // The driver's types do not know that one statement may have a limit of its own.
    const set = { text: `set client_connection_check_interval = ${lossNoticedMs}`, query_timeout: setMsMax };
    await client.query(set);
  } catch (error) {
    // Not on every system of the server: then it ends by its limits. What is no answer is no connection.
    if (!(error instanceof Error && 'severity' in error)) throw error;
  }
}

/** Names of all migrations of this release, in their order. */
export function migrationNames(orm: Orm): readonly string[] {
  return allMigrations.map((Made) => new Made(orm.em.getDriver(), orm.config).name);
}

/** Does not connect: the first query does. */
export function createOrm(databaseUrl: string, poolMax: number, session: SessionOptions = {}): Orm {
  // What the pool has to say about lost connections comes with the queries that fail for it.
  return new MikroORM({ ...ormOptions(databaseUrl, poolMax, session), logger: () => undefined });
}
