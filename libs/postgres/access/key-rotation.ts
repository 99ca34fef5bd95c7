/**
 * Seals again, under the first of ENCRYPTION_KEYS, what an older key sealed. In: the database. Out: the same secrets,
 * headers, TLS material and kept answers in new envelopes, and each webhook's definition in the outbox once more.
 * Holds: a batch is one transaction, so a run that is cut off leaves nothing half done and the next one goes on; what
 * is sealed by the first key already is not touched; what does not open stays as it is and is named.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { SecretBoxError, type SecretBox } from '../../runtime/secret-box.ts';
import { appendAudit } from './audit-store.ts';
import { WebhookSecretRow } from '../entities/webhook-secret.ts';
import { WebhookRow } from '../entities/webhook.ts';
import { patientLimits, transacted } from '../limits.ts';
import { definitionsTopic } from '../outbox/outbox-topics.ts';
import { appendToOutbox, type OutboxMessage } from '../outbox/outbox-writer.ts';
import { readerOf } from '../read.ts';
import { definitionOf } from '../webhooks/webhook-definition.ts';

export interface RotatedBatch {
  /** How many were sealed again. */
  readonly count: number;
  /** Those that no key of ours opens. */
  readonly unopened: readonly string[];
  /** Where the next batch begins; null: there is none. */
  readonly next: string | null;
}

/** Where a kept answer stands in the order of all. */
export interface AnswerKey {
  readonly owner: string;
  readonly key: string;
}

export interface RotatedAnswers {
  /** How many were sealed again. */
  readonly count: number;
  /** Where the next batch begins; null: there is none. */
  readonly next: AnswerKey | null;
}

/** Before all others. */
export const firstAnswer: AnswerKey = { owner: '', key: '' };

export class KeyRotation {
  private readonly em: EntityManager;
  private readonly secretBox: SecretBox;

  constructor(em: EntityManager, secretBox: SecretBox) {
    this.em = em;
    this.secretBox = secretBox;
  }

  /** How many webhooks and kept answers an older key sealed. */
  async outdated(): Promise<{ readonly webhooks: number; readonly answers: number }> {
    const [found] = await readerOf(this.em)<{ webhooks: number; answers: number }>(
      `select (select count(*)::int from webhook where ${isOutdatedWebhook}) as webhooks,
        (select count(*)::int from idempotency_key where not starts_with(response_body, $1)) as answers`,
      [this.secretBox.mark],
    );
    return found ?? { webhooks: 0, answers: 0 };
  }

  /** The next webhooks in the order of their ids. @param after `next` of the batch before, first an empty text */
  async webhooks(after: string, limit: number, now: Date): Promise<RotatedBatch> {
    const rotate = async (em: EntityManager): Promise<RotatedBatch> => {
      const found = await em.execute<{ id: string }[]>(
        `select id from webhook where ${isOutdatedWebhook.replaceAll('$1', '?')} and id > ? order by id limit ?`,
        [this.secretBox.mark, this.secretBox.mark, this.secretBox.mark, after, limit],
      );
      const ids = found.map(({ id }) => id);
      const rows = await em.find(
        WebhookRow,
        { id: { $in: ids } },
        { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } },
      );
      const secrets = await em.find(WebhookSecretRow, { webhookId: { $in: ids } });
      const messages: OutboxMessage[] = [];
      const unopened: string[] = [];
      for (const row of rows) {
        const own = secrets.filter(({ webhookId }) => webhookId === row.id);
        if (this.reseal(row, own)) {
          messages.push({ topic: definitionsTopic, key: row.id, value: definitionOf(row, own, now) });
        } else unopened.push(row.id);
      }
      await em.flush();
      await appendToOutbox(em, messages, now);
      return { count: messages.length, unopened, next: ids.length < limit ? null : (ids.at(-1) ?? null) };
    };
    return transacted(this.em, rotate, patientLimits);
  }

  /** All or nothing: false when one of its envelopes does not open, and then nothing of it is changed. */
  private reseal(row: WebhookRow, secrets: readonly WebhookSecretRow[]): boolean {
    try {
      const renewed = secrets.map(({ sealed }) => this.renewed(sealed));
      const sealedHeaders = row.sealedHeaders == null ? null : this.renewed(row.sealedHeaders);
      const sealedTls = row.sealedTls == null ? null : this.renewed(row.sealedTls);
      Object.assign(row, { sealedHeaders, sealedTls });
      secrets.forEach((secret, index) => {
        secret.sealed = renewed[index] ?? secret.sealed;
      });
      return true;
    } catch (error) {
      if (error instanceof SecretBoxError) return false;
      throw error;
    }
  }

  private renewed(envelope: string): string {
    return this.secretBox.isOutdated(envelope) ? this.secretBox.seal(this.secretBox.open(envelope)) : envelope;
  }

  /**
   * The next answers that are kept for an Idempotency-Key. Those that do not open are of no use to anybody and end by
   * themselves. @param after `next` of the batch before, first {@link firstAnswer}
   */
  async answers(after: AnswerKey, limit: number): Promise<RotatedAnswers> {
    const run = readerOf(this.em);
    const found = await run<AnswerKey & { body: string }>(
      `select owner, key, response_body as body from idempotency_key
      where not starts_with(response_body, $1) and (owner, key) > ($2, $3) order by owner, key limit $4`,
      [this.secretBox.mark, after.owner, after.key, limit],
    );
    let count = 0;
    for (const { owner, key, body } of found) {
      const renewed = this.renewedOrNull(body);
      if (renewed === null) continue;
      count += 1;
      await run('update idempotency_key set response_body = $4 where owner = $1 and key = $2 and response_body = $3', [
        owner,
        key,
        body,
        renewed,
      ]);
    }
    return { count, next: found.length < limit ? null : (found.at(-1) ?? null) };
  }

  private renewedOrNull(envelope: string): string | null {
    try {
      return this.renewed(envelope);
    } catch (error) {
      if (error instanceof SecretBoxError) return null;
      throw error;
    }
  }

  /** That the keys were rotated, for the audit log. */
  async tell(keyId: string, counts: object, actor: Actor, now: Date): Promise<void> {
    const change = { action: 'encryption_keys.rotated', objectKind: 'encryption_key', objectId: keyId } as const;
    await transacted(this.em, async (em) => {
      await appendAudit(em, { ...change, clientId: null, before: {}, after: counts }, actor, now);
    });
  }
}

/** `$1`: how envelopes of the first key begin. */
const isOutdatedWebhook = `(not starts_with(sealed_headers, $1) or not starts_with(sealed_tls, $1)
  or id in (select webhook_id from webhook_secret where not starts_with(sealed, $1)))`;
