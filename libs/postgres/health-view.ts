/** How a webhook is doing: what the monitor wrote, and what waits for it. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { WebhookHealth } from '../domain/health.ts';
import type { DisabledBy, Ordering } from '../domain/webhook.ts';
import { WebhookHealthRow } from './entities/webhook-health.ts';
import { WebhookRow } from './entities/webhook.ts';
import { healthOf } from './health-store.ts';
import { readerOf } from './read.ts';

export interface ShownHealth {
  readonly webhookId: string;
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  readonly disabledReason: string | null;
  readonly health: WebhookHealth;
  readonly waiting: { readonly count: number; readonly oldestAt: Date | null };
  readonly blockedBy: string | null;
}

/** More are not counted. */
export const waitingCountMax = 10_000;

export class HealthView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when there is no such webhook, or none of the scope's client. */
  async find(webhookId: string, scope: string | null): Promise<ShownHealth | null> {
    const em = this.em.fork();
    const owner = scope === null ? {} : { clientId: scope };
    const webhook = await em.findOne(WebhookRow, { id: webhookId, ...owner });
    if (webhook === null) return null;
    const row = await em.findOne(WebhookHealthRow, { webhookId });
    return {
      webhookId,
      isActive: webhook.isActive,
      disabledBy: webhook.disabledBy ?? null,
      disabledReason: webhook.disabledReason ?? null,
      health: healthOf(row, webhook),
      ...(await this.waiting(webhookId, webhook.ordering)),
    };
  }

  private async waiting(webhookId: string, ordering: Ordering): Promise<Pick<ShownHealth, 'waiting' | 'blockedBy'>> {
    const read = readerOf(this.em);
    const [counted] = await read<{ count: number }>(
      `select count(*)::int as count from (select 1 from delivery where ${isWaiting} limit ${waitingCountMax}) few`,
      [webhookId],
    );
    const [oldest] = await read<{ id: string; createdAt: Date; status: string }>(
      `select id, created_at as "createdAt", status from delivery where ${isWaiting} order by id limit 1`,
      [webhookId],
    );
    const isBlocking = ordering === 'strict' && oldest?.status === 'failed_retryable';
    return {
      waiting: { count: counted?.count ?? 0, oldestAt: oldest?.createdAt ?? null },
      blockedBy: isBlocking ? oldest.id : null,
    };
  }
}

const isWaiting = `webhook_id = $1 and kind <> 'ping' and status in ('pending', 'failed_retryable')`;
