/**
 * The secrets of a webhook, within a change to it. Holds: they are sealed before they are stored; a bounded number signs
 * at once; one that no key opens does not stay beside a new one.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { Run } from '../bulk.ts';
import { WebhookSecretRow } from '../entities/webhook-secret.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import type { SealedSettings } from './sealed-settings.ts';
import type { NewSecret, Rotation } from './webhook-change.ts';

export interface ShownSecret {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

export class WebhookSecrets {
  private readonly secretBox: SecretBox;
  private readonly settings: SealedSettings;

  constructor(secretBox: SecretBox, settings: SealedSettings) {
    this.secretBox = secretBox;
    this.settings = settings;
  }

  /** Null: as many sign as may. */
  async add(
    em: EntityManager,
    row: WebhookRow,
    { secret, previousEndAt, liveMax }: Rotation,
    now: Date,
  ): Promise<NewSecret | null> {
    await em.nativeDelete(WebhookSecretRow, { webhookId: row.id, expiresAt: { $lte: now } });
    await this.deleteUnreadable(em, row.id);
    const live = previousEndAt > now ? await em.count(WebhookSecretRow, { webhookId: row.id }) : 0;
    if (live >= liveMax) return null;
    await em.nativeUpdate(
      WebhookSecretRow,
      { webhookId: row.id, $or: [{ expiresAt: null }, { expiresAt: { $gt: previousEndAt } }] },
      { expiresAt: previousEndAt },
    );
    const made = secret(row.signatureAlgorithm);
    await this.insert(em, row.id, made, now);
    return made;
  }

  /** What is given again and again, as by a tool that keeps webhooks as a file says, is no change. */
  async isNewest(em: EntityManager, row: WebhookRow, { secret }: Rotation): Promise<boolean> {
    const [newest] = await em.find(
      WebhookSecretRow,
      { webhookId: row.id },
      { orderBy: newestFirst, limit: 1, disableIdentityMap: true },
    );
    const { text } = secret(row.signatureAlgorithm);
    return newest !== undefined && this.settings.opens(newest.sealed) && this.secretBox.open(newest.sealed) === text;
  }

  async insert(em: EntityManager, webhookId: string, { id, text }: NewSecret, now: Date): Promise<void> {
    await em.insert(WebhookSecretRow, { id, webhookId, sealed: this.secretBox.seal(text), createdAt: now });
  }

  /** A secret that does not open signs nothing, and keeps the dispatcher from signing with the others. */
  private async deleteUnreadable(em: EntityManager, webhookId: string): Promise<void> {
    const secrets = await em.find(WebhookSecretRow, { webhookId }, { disableIdentityMap: true });
    const unreadable = secrets.filter(({ sealed }) => !this.settings.opens(sealed)).map(({ id }) => id);
    if (unreadable.length > 0) await em.nativeDelete(WebhookSecretRow, { id: { $in: unreadable } });
  }
}

/** First the one without an end, which a rotation leaves to the newest alone: by the times of two hosts it may look older. */
const newestFirst = { expiresAt: 'desc', createdAt: 'desc', id: 'desc' } as const;

/** Those that sign, newest first; never a value. */
export function liveSecrets(run: Run, webhookId: string): Promise<ShownSecret[]> {
  return run<ShownSecret>(
    `select id, created_at as "createdAt", expires_at as "expiresAt" from webhook_secret
     where webhook_id = $1 and (expires_at is null or expires_at > clock_timestamp())
     order by expires_at desc nulls first, created_at desc, id desc`,
    [webhookId],
  );
}

/** {@link newestFirst} of rows that are read already. */
export function compareNewestFirst(a: WebhookSecretRow, b: WebhookSecretRow): number {
  return endOf(b) - endOf(a) || b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1);
}

function endOf({ expiresAt }: WebhookSecretRow): number {
  return expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

/** What the audit log says of it. */
export function endOfPrevious({ previousEndAt }: Rotation) {
  return { previousSecretExpiresAt: previousEndAt.toISOString() };
}
