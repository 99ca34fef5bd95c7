/**
 * Health per webhook, and disabling what keeps failing. In: outcomes and how far they bring the monitor. Out:
 * health rows and positions; for a webhook that is disabled also its row, an audit entry, its new definition and a
 * notice to its client, all in one transaction. What must hold: an outcome counts once, over restarts too; a
 * webhook is disabled with everything that belongs to it or not at all; one that was enabled meanwhile is not.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import {
  afterEnabling,
  observe,
  unknownHealth,
  type DisableDecision,
  type DisableRules,
  type WebhookHealth,
} from '../domain/health.ts';
import { noticeOf } from '../domain/notice.ts';
import type { DeliveryOutcome } from '../domain/outcome.ts';
import { recordset, runIn, timestamp, timestampOrNull, type Run } from './bulk.ts';
import type { Advance, ConsumerOffsetStore } from './consumer-offset-store.ts';
import { AuditEntryRow } from './entities/audit-entry.ts';
import { WebhookHealthRow } from './entities/webhook-health.ts';
import { WebhookRow } from './entities/webhook.ts';
import { appendToOutbox, type OutboxMessage } from './outbox-writer.ts';
import { asUnstorable } from './unstorable-error.ts';
import { readDefinition } from './webhook-definition.ts';

export interface HealthBatch {
  readonly outcomes: readonly DeliveryOutcome[];
  readonly offsets: readonly Advance[];
}

export interface DisabledWebhook extends DisableDecision {
  readonly webhookId: string;
  readonly clientId: string;
  readonly consecutiveFailures: number;
}

/** Topics without TOPIC_PREFIX, as the outbox has them (libs/wire/topics.ts, which this library may not import). */
const definitionsTopic = 'webhook.definitions';
const noticesTopic = 'webhook.notices';

interface Observed {
  readonly webhook: Pick<WebhookRow, 'id' | 'isActive' | 'enabledAt'>;
  readonly health: WebhookHealth;
  readonly disable: DisableDecision | null;
}

export class HealthStore {
  private readonly em: EntityManager;
  private readonly offsets: ConsumerOffsetStore;

  constructor(em: EntityManager, offsets: ConsumerOffsetStore) {
    this.em = em;
    this.offsets = offsets;
  }

  /**
   * Returns the webhooks that this batch disabled. All or nothing.
   * @throws OffsetMismatchError when a position is not where the batch begins
   * @throws UnstorableError when a value of the batch can never be stored
   */
  async apply(batch: HealthBatch, rules: DisableRules, now: Date): Promise<DisabledWebhook[]> {
    try {
      return await this.em.fork().transactional(async (em) => {
        const run = runIn(em);
        await this.offsets.advance(run, batch.offsets);
        const observed = await observeAll(em, batch.outcomes, rules);
        await saveHealth(run, observed, now);
        return disableAll(em, observed, now);
      });
    } catch (error) {
      throw asUnstorable(error);
    }
  }
}

async function observeAll(
  em: EntityManager,
  outcomes: readonly DeliveryOutcome[],
  rules: DisableRules,
): Promise<Observed[]> {
  const byWebhook = Map.groupBy(outcomes, ({ webhookId }) => webhookId);
  const ids = [...byWebhook.keys()].sort();
  // What is deleted has no health.
  const webhooks = await em.find(
    WebhookRow,
    { id: { $in: ids } },
    { fields: ['id', 'isActive', 'enabledAt'], orderBy: { id: 'asc' }, disableIdentityMap: true },
  );
  const rows = await em.find(WebhookHealthRow, { webhookId: { $in: ids } }, { disableIdentityMap: true });
  const healthById = new Map(rows.map((row) => [row.webhookId, row]));
  return webhooks.map((webhook) => {
    const before = healthOf(healthById.get(webhook.id) ?? null, webhook);
    return { webhook, ...observe(before, byWebhook.get(webhook.id) ?? [], rules) };
  });
}

/** A webhook's health as of its row, heeding that it was enabled since. */
export function healthOf(row: WebhookHealthRow | null, webhook: Pick<WebhookRow, 'enabledAt'>): WebhookHealth {
  const health: WebhookHealth =
    row === null
      ? unknownHealth
      : {
          state: row.state,
          consecutiveFailures: row.consecutiveFailures,
          failingSince: row.failingSince?.getTime() ?? null,
          lastSuccessAt: row.lastSuccessAt?.getTime() ?? null,
          lastFailureAt: row.lastFailureAt?.getTime() ?? null,
          countedFrom: row.countedFrom?.getTime() ?? null,
          lastPingAt: row.lastPingAt?.getTime() ?? null,
          lastPingDelivered: row.lastPingDelivered ?? null,
          windows: row.windows,
        };
  const enabledAt = webhook.enabledAt?.getTime() ?? null;
  return enabledAt === null || enabledAt === health.countedFrom ? health : afterEnabling(health, enabledAt);
}

async function saveHealth(run: Run, observed: readonly Observed[], now: Date): Promise<void> {
  if (observed.length === 0) return;
  const rows = observed.map(({ webhook, health }) => ({
    webhook_id: webhook.id,
    state: health.state,
    consecutive_failures: health.consecutiveFailures,
    failing_since: timestampOrNull(health.failingSince),
    last_success_at: timestampOrNull(health.lastSuccessAt),
    last_failure_at: timestampOrNull(health.lastFailureAt),
    counted_from: timestampOrNull(health.countedFrom),
    last_ping_at: timestampOrNull(health.lastPingAt),
    last_ping_delivered: health.lastPingDelivered,
    windows: health.windows,
    updated_at: timestamp(now.getTime()),
  }));
  await run(upsertHealth, [recordset(rows)]);
}

const upsertHealth = `
insert into webhook_health (webhook_id, state, consecutive_failures, failing_since, last_success_at, last_failure_at,
  counted_from, last_ping_at, last_ping_delivered, windows, updated_at)
select * from json_to_recordset($1::json) as i(webhook_id text, state text, consecutive_failures int,
  failing_since timestamptz, last_success_at timestamptz, last_failure_at timestamptz, counted_from timestamptz,
  last_ping_at timestamptz, last_ping_delivered boolean, windows jsonb, updated_at timestamptz)
on conflict (webhook_id) do update set (state, consecutive_failures, failing_since, last_success_at, last_failure_at,
  counted_from, last_ping_at, last_ping_delivered, windows, updated_at) = row(excluded.state,
  excluded.consecutive_failures, excluded.failing_since, excluded.last_success_at, excluded.last_failure_at,
  excluded.counted_from, excluded.last_ping_at, excluded.last_ping_delivered, excluded.windows, excluded.updated_at)`;

async function disableAll(em: EntityManager, observed: readonly Observed[], now: Date): Promise<DisabledWebhook[]> {
  const disabled: DisabledWebhook[] = [];
  const messages: OutboxMessage[] = [];
  for (const { webhook, health, disable } of observed) {
    if (disable === null || !webhook.isActive) continue;
    const row = await disableWebhook(em, webhook, disable, now);
    if (row === null) continue;
    disabled.push({
      webhookId: row.id,
      clientId: row.clientId,
      consecutiveFailures: health.consecutiveFailures,
      ...disable,
    });
    messages.push({ topic: definitionsTopic, key: row.id, value: await readDefinition(em, row, now) });
    messages.push({ topic: noticesTopic, key: row.clientId, value: { ...disabledNotice(row, health, disable, now) } });
  }
  await appendToOutbox(em, messages, now);
  return disabled;
}

/** Null when somebody disabled, deleted or enabled it since it was read. */
async function disableWebhook(
  em: EntityManager,
  read: Observed['webhook'],
  { by, reason }: DisableDecision,
  now: Date,
): Promise<WebhookRow | null> {
  const row = await em.findOne(
    WebhookRow,
    { id: read.id, isActive: true, enabledAt: read.enabledAt ?? null },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (row === null) return null;
  row.isActive = false;
  row.disabledBy = by;
  row.disabledReason = reason;
  row.disabledAt = now;
  row.updatedAt = now;
  row.version += 1;
  await em.flush();
  await em.insert(AuditEntryRow, {
    at: now,
    actorKind: 'system',
    actorId: 'monitor',
    clientId: row.clientId,
    action: 'webhook.disabled',
    objectKind: 'webhook',
    objectId: row.id,
    before: { isActive: true },
    after: { isActive: false, disabledBy: by, disabledReason: reason },
  });
  return row;
}

function disabledNotice(
  row: WebhookRow,
  health: WebhookHealth,
  { by, reason, deliveryId }: DisableDecision,
  now: Date,
) {
  return noticeOf('webhook.disabled', row, now.getTime(), {
    disabledBy: by,
    disabledReason: reason,
    consecutiveFailures: health.consecutiveFailures,
    failingSince: timestampOrNull(health.failingSince),
    lastSuccessAt: timestampOrNull(health.lastSuccessAt),
    deliveryId,
  });
}
