/**
 * Clients are suspended, and come back. In: which one, and who says so. Out: its keys only look, and each of its webhooks is held. Holds:
 * a portion of its webhooks changes at a time, so that nobody else's change waits for all of them; a client of few has changed
 * whole when it is answered; what becomes active meanwhile is held within minutes; a process that ends goes on in another.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { appendAudit } from '../access/audit-store.ts';
import { runIn, type Run } from '../bulk.ts';
import { ClientRow } from '../entities/client.ts';
import { WebhookRow } from '../entities/webhook.ts';
import { transacted, type TransactionLimits } from '../limits.ts';
import { definitionsTopic } from '../outbox/outbox-topics.ts';
import { appendToOutbox } from '../outbox/outbox-writer.ts';
import { shownClientRow, type Client } from './client-store.ts';
import { readerOf } from '../read.ts';
import { currentOf } from './current-values.ts';
import { changing } from './held-change.ts';
import { reactivateWebhook, suspendWebhook } from './suspended-webhook.ts';

type Wants = 'suspended' | 'active';

/** Webhooks of one transaction: so many definitions hold the outbox for some tens of milliseconds. */
const portion = 100;
/** How often it is looked for what became active meanwhile, or is held for nearly as long as may be. */
const lookAgainS = 300;
/** Before the pause of a webhook ends it is disabled. */
const endsWithin = "interval '15 minutes'";
const limits: TransactionLimits = { lockMs: 5_000, statementMs: 20_000 };

export interface SuspensionOptions {
  readonly em: EntityManager;
  /** DELIVERY_MAX_AGE_HOURS, in milliseconds. */
  readonly deliveryAgeMs: number;
  /** ENDPOINT_VERIFICATION is on. */
  readonly mustProve: boolean;
}

export class SuspensionStore {
  private readonly options: SuspensionOptions;

  constructor(options: SuspensionOptions) {
    this.options = options;
  }

  /** Null when there is no such client, or it leaves. What changes nothing is no change. */
  async suspend(clientId: string, reason: string | null, actor: Actor, now: Date): Promise<Client | null> {
    return this.turn(clientId, { wants: 'suspended', reason }, actor, now);
  }

  async reactivate(clientId: string, actor: Actor, now: Date): Promise<Client | null> {
    return this.turn(clientId, { wants: 'active', reason: null }, actor, now);
  }

  private async turn(
    clientId: string,
    { wants, reason }: { readonly wants: Wants; readonly reason: string | null },
    actor: Actor,
    now: Date,
  ): Promise<Client | null> {
    return changing(this.options.em, async (em) => {
      const row = await em.findOne(ClientRow, { id: clientId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (row === null || row.leavingAt != null) return null;
      const isSuspended = row.suspendedAt != null;
      if (isSuspended === (wants === 'suspended')) return shownClientRow(row);
      row.suspendedAt = wants === 'suspended' ? now : null;
      row.suspendedReason = reason;
      row.version += 1;
      await em.flush();
      const action = wants === 'suspended' ? 'client.suspended' : 'client.reactivated';
      const change = { action, objectKind: 'client', objectId: clientId, clientId } as const;
      await appendAudit(em, { ...change, before: null, after: { reason } }, actor, now);
      await runIn(em)(
        `insert into client_suspension (client_id, wants, due_at) values ($1, $2, clock_timestamp())
        on conflict (client_id) do update set wants = excluded.wants, due_at = excluded.due_at`,
        [clientId, wants],
      );
      const client = shownClientRow(row);
      await this.changePortion(em, clientId, wants, now);
      return client;
    });
  }

  /** The next portion that is due: one transaction. idle: nothing is. elsewhere: another process is at it. */
  async step(): Promise<'step' | 'idle' | 'elsewhere'> {
    const { em: pool } = this.options;
    // Nearly always there is nothing, and one statement says so.
    const [some] = await readerOf(pool)<{ isDue: boolean }>(isDueSql);
    if (some?.isDue !== true) return 'idle';
    return transacted(
      pool,
      async (em) => {
        const run = runIn(em);
        const [due] = await run<{ clientId: string; wants: Wants; now: string }>(
          `select client_id as "clientId", wants, clock_timestamp()::text as now from client_suspension
          where due_at <= clock_timestamp() order by due_at limit 1 for update skip locked`,
        );
        if (due === undefined) return 'idle';
        const { clientId, wants } = due;
        await this.changePortion(em, clientId, wants, new Date(due.now), () => this.putOff(run, clientId, wants));
        // Whether or not this one had something to change: others are due.
        return 'step';
      },
      limits,
    );
  }

  private async putOff(run: Run, clientId: string, wants: Wants): Promise<void> {
    if (wants === 'active') await run('delete from client_suspension where client_id = $1', [clientId]);
    else
      await run(
        `update client_suspension set due_at = clock_timestamp() + make_interval(secs => ${lookAgainS}) where client_id = $1`,
        [clientId],
      );
  }

  /** @param whenNone before anything else is locked, when there is nothing to change */
  private async changePortion(
    em: EntityManager,
    clientId: string,
    wants: Wants,
    now: Date,
    whenNone?: () => Promise<void>,
  ): Promise<void> {
    const found = await runIn(em)<{ id: string }>(
      `select id from webhook where client_id = $1 and ${wants === 'suspended' ? isToBeHeld : 'suspension is not null'}
      order by id limit ${portion} for update`,
      [clientId],
    );
    if (found.length === 0) {
      await whenNone?.();
      return;
    }
    const ids = found.map(({ id }) => id);
    const rows = await em.find(WebhookRow, { id: { $in: ids } }, { orderBy: { id: 'asc' } });
    for (const row of rows) {
      if (wants === 'suspended') suspendWebhook(row, this.options.deliveryAgeMs, now);
      else reactivateWebhook(row, this.options.mustProve, now);
      row.version += 1;
      row.updatedAt = now;
    }
    await em.flush();
    const current = await currentOf(em, definitionsTopic, ids, now);
    await appendToOutbox(
      em,
      ids.map((key) => ({ topic: definitionsTopic, key, value: current.get(key) ?? null })),
      now,
    );
  }
}

const isDueSql = `select exists (select 1 from client_suspension where due_at <= clock_timestamp()) as "isDue"`;

/** Also what was made active since, by whomever, and what is held for nearly as long as may be. */
const isToBeHeld = `is_active and (suspension is null or paused_until is null or paused_until < clock_timestamp() + ${endsWithin})`;
