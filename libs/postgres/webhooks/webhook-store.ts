/**
 * Changes to webhooks. In: settings in clear and who changes them. Out: the webhook as it is then. Holds: the row, its
 * audit entry, its definition and its notice commit together or not at all; secrets and headers are sealed before
 * they are stored, and what a change does not touch stays sealed as it is, readable or not; rows are locked before the
 * outbox is.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { noticeOf } from '../../domain/health/notice.ts';
import type { DisabledBy } from '../../domain/webhook/webhook.ts';
import type { WebhookSettings } from '../../domain/webhook/webhook-settings.ts';
import { appendAudit, changedMembers } from '../access/audit-store.ts';
import { runIn } from '../bulk.ts';
import { ClientRow } from '../entities/client.ts';
import { WebhookSecretRow } from '../entities/webhook-secret.ts';
import { WebhookRow } from '../entities/webhook.ts';
import { changing } from './held-change.ts';
import { definitionsTopic, noticesTopic } from '../outbox/outbox-topics.ts';
import { appendToOutbox } from '../outbox/outbox-writer.ts';
import { hasRoomForReplay, insertReplay, type NewReplay } from '../replays/new-replay.ts';
import { rewindColumns, rewindToOf } from '../replays/new-rewind.ts';
import { SealedSettings, type SealingOptions } from './sealed-settings.ts';
import type {
  Activity,
  Created,
  Held,
  Missed,
  NewWebhook,
  Removed,
  Rewound,
  Rotated,
  Rotation,
  SecretEnded,
  SettingsChange,
  Updated,
  WantedPause,
  WebhookTarget,
} from './webhook-change.ts';
import { activityFor, forgetPings, isSwitching, retarget, switchActivity, unverified } from './webhook-activity.ts';
import { newPause, resumedPause } from './webhook-pause.ts';
import { changeOf, publish } from './webhook-publication.ts';
import { endOfPrevious, liveSecrets, WebhookSecrets } from './webhook-secrets.ts';
import { shownWebhook } from './webhook-view.ts';

export interface WebhookStoreOptions extends SealingOptions {
  readonly em: EntityManager;
  /** Most webhooks of one client. */
  readonly perClientMax: () => Promise<number>;
  /** ENDPOINT_VERIFICATION is on: the endpoint of a URL that is new proves that it wants deliveries. Default: false */
  readonly mustProve?: boolean;
}

export class WebhookStore {
  private readonly em: EntityManager;
  private readonly secrets: WebhookSecrets;
  private readonly settings: SealedSettings;
  private readonly perClientMax: () => Promise<number>;
  private readonly mustProve: boolean;

  constructor({ em, perClientMax, mustProve = false, ...sealing }: WebhookStoreOptions) {
    this.em = em;
    this.settings = new SealedSettings(sealing);
    this.secrets = new WebhookSecrets(sealing.secretBox, this.settings);
    this.perClientMax = perClientMax;
    this.mustProve = mustProve;
  }

  async create(webhook: NewWebhook, actor: Actor, by: DisabledBy, now: Date): Promise<Created> {
    // Asked for before there is a transaction: two connections at once for each of many would be more than there are.
    const perClientMax = await this.perClientMax();
    return changing(this.em, async (em) => {
      const { id, clientId, rewind } = webhook;
      const owner = await em.findOne(ClientRow, { id: clientId }, { lockMode: LockMode.PESSIMISTIC_READ });
      if (owner === null || owner.leavingAt != null) return { kind: 'no_client' };
      if (owner.suspendedAt != null) return { kind: 'suspended' };
      if (!(await hasRoom(em, clientId, perClientMax))) return { kind: 'too_many' };
      const wanted: Activity = webhook.isActive ? { isActive: true } : { isActive: false, by, reason: null };
      const activity = wanted.isActive && this.mustProve ? unverified : wanted;
      const { isActive } = activity;
      const row = em.create(WebhookRow, {
        id,
        clientId,
        ...this.settings.columns(webhook.settings),
        signatureAlgorithm: webhook.signatureAlgorithm,
        isActive,
        disabledBy: activity.isActive ? null : activity.by,
        disabledReason: activity.isActive ? null : activity.reason,
        disabledAt: isActive ? null : now,
        verificationPending: this.mustProve,
        missedSince: activity === unverified ? now : null,
        version: 1,
        targetVersion: 1,
        createdAt: now,
        updatedAt: now,
        // Of one that waits for its proof the start waits too: webhook-transition.ts begins it.
        ...(rewind === undefined ? {} : isActive ? rewindColumns(rewind) : { rewindTo: rewindToOf(rewind) }),
      });
      const begun = isActive ? rewind : undefined;
      if (begun !== undefined && !(await hasRoomForReplay(em, clientId))) return { kind: 'too_many_replays' };
      await em.persist(row).flush();
      if (begun !== undefined) await insertReplay(em, { ...begun, isDryRun: false, total: null }, actor, now);
      await this.secrets.insert(em, id, webhook.secret, now);
      const shown = shownWebhook(row);
      await publish(
        em,
        row,
        'webhook.created',
        { ...changeOf(row, 'webhook.created'), before: null, after: shown },
        actor,
        now,
      );
      return { kind: 'created', webhook: shown };
    });
  }

  /**
   * `change` gets the settings as they are, in clear, under the lock of the row; `unreadableValue` for what no key
   * opens any more. What changes nothing is no change.
   */
  async update<Refusal>(
    target: WebhookTarget,
    change: (current: WebhookSettings) => SettingsChange<Refusal>,
    actor: Actor,
    now: Date,
  ): Promise<Updated<Refusal>> {
    return changing(this.em, async (em) => {
      const found = await lockMeant(em, target);
      if (found.kind !== 'found') return found;
      const { row } = found;
      const before = shownWebhook(row);
      const current = this.settings.of(row);
      const wanted = change(current);
      if (wanted.kind === 'refused') return wanted;
      const isChanged = JSON.stringify(current) !== JSON.stringify(wanted.settings);
      const isEnabled = wanted.activity?.isActive === true;
      if (isEnabled && (await isSuspended(em, row.clientId))) return { kind: 'suspended' };
      const activity = wanted.activity === undefined ? null : activityFor(row, wanted.activity, this.mustProve);
      const isSwitched = activity !== null && isSwitching(row, activity);
      const isRotated = wanted.rotation !== undefined && !(await this.secrets.isNewest(em, row, wanted.rotation));
      if (!isChanged && !isSwitched && !isRotated) {
        const isRefused = isEnabled && activity?.isActive === false;
        return isRefused ? { kind: 'unverified' } : { kind: 'updated', webhook: before };
      }
      if (isRotated && (await this.secrets.add(em, row, wanted.rotation, now)) === null) return { kind: 'too_many' };
      if (isChanged) em.assign(row, this.settings.changedColumns(current, wanted.settings));
      if (isSwitched) switchActivity(row, activity, now);
      if (isSwitched && row.disabledBy === 'unverified') await forgetPings(em, row);
      row.version += 1;
      row.updatedAt = now;
      if (current.url !== wanted.settings.url) await retarget(em, row, this.mustProve, now);
      await em.flush();
      const after = shownWebhook(row);
      const switched = after.isActive ? 'webhook.enabled' : 'webhook.disabled';
      const action = isChanged ? 'webhook.updated' : isSwitched ? switched : 'webhook.secret_rotated';
      const changed = changedMembers(before, after);
      const shownAfter = isRotated ? { ...changed.after, ...endOfPrevious(wanted.rotation) } : changed.after;
      const notice = before.isActive && !after.isActive ? 'webhook.disabled' : 'webhook.updated';
      await publish(em, row, notice, { ...changeOf(row, action), ...changed, after: shownAfter }, actor, now);
      return { kind: 'updated', webhook: after };
    });
  }

  /** The new secret signs at once; no older one signs after `previousEndAt`, and none from now on that no key opens. */
  async rotate(target: WebhookTarget, rotation: Rotation, actor: Actor, now: Date): Promise<Rotated> {
    return changing(this.em, async (em) => {
      const found = await lockMeant(em, target);
      if (found.kind !== 'found') return found;
      const { row } = found;
      const made = await this.secrets.add(em, row, rotation, now);
      if (made === null) return { kind: 'too_many' };
      row.version += 1;
      row.updatedAt = now;
      await em.flush();
      const change = { ...changeOf(row, 'webhook.secret_rotated'), before: {}, after: endOfPrevious(rotation) };
      await publish(em, row, 'webhook.updated', change, actor, now);
      return { kind: 'rotated', secret: made };
    });
  }

  /** An older one signs no more. */
  async endSecret(target: WebhookTarget, secretId: string, actor: Actor, now: Date): Promise<SecretEnded> {
    return changing(this.em, async (em) => {
      const found = await lockMeant(em, target);
      if (found.kind !== 'found') return found;
      const { row } = found;
      const ids = (await liveSecrets(runIn(em), row.id)).map(({ id }) => id);
      const at = ids.indexOf(secretId);
      if (at === -1) return { kind: 'missing' };
      if (at === 0) return { kind: 'newest' };
      await em.nativeDelete(WebhookSecretRow, { id: secretId });
      row.version += 1;
      row.updatedAt = now;
      await em.flush();
      const change = { ...changeOf(row, 'webhook.secret_ended'), before: { secretId }, after: {} };
      await publish(em, row, 'webhook.updated', change, actor, now);
      return { kind: 'ended' };
    });
  }

  /** A pause that is in force goes on; null resumes. What changes nothing is no change. */
  async hold(target: WebhookTarget, wanted: WantedPause | null, actor: Actor, now: Date): Promise<Held> {
    return changing(this.em, async (em) => {
      const found = await lockMeant(em, target);
      if (found.kind !== 'found') return found;
      const { row } = found;
      const before = shownWebhook(row);
      if (wanted !== null && !row.isActive) return { kind: 'disabled' };
      if (await isSuspended(em, row.clientId)) return { kind: 'suspended' };
      const held = wanted === null ? resumedPause(row, now) : newPause(row, wanted, now);
      if (held !== null && 'kind' in held) return held;
      if (held === null) return { kind: 'held', webhook: before };
      em.assign(row, { ...held, version: row.version + 1, updatedAt: now });
      await em.flush();
      const after = shownWebhook(row);
      const action = wanted === null ? 'webhook.resumed' : 'webhook.paused';
      await publish(
        em,
        row,
        'webhook.updated',
        { ...changeOf(row, action), ...changedMembers(before, after) },
        actor,
        now,
      );
      return { kind: 'held', webhook: after };
    });
  }

  /** New events are held from now on, until the replay has sent what the history has. */
  async rewind(target: WebhookTarget, replay: NewReplay, actor: Actor, now: Date): Promise<Rewound> {
    return changing(this.em, async (em) => {
      const found = await lockMeant(em, target);
      if (found.kind !== 'found') return found;
      const { row } = found;
      if (!row.isActive) return { kind: row.disabledBy === 'unverified' ? 'unverified' : 'disabled' };
      if (row.rewindId != null) return { kind: 'rewinding' };
      if (!(await hasRoomForReplay(em, row.clientId))) return { kind: 'too_many_replays' };
      const before = shownWebhook(row);
      // Left over from one that ended early: the history has them.
      await em.execute('delete from held_event where webhook_id = ?', [row.id]);
      em.assign(row, { ...rewindColumns(replay), version: row.version + 1, updatedAt: now });
      await em.flush();
      const made = await insertReplay(em, { ...replay, isDryRun: false, total: null }, actor, now);
      const change = { ...changeOf(row, 'webhook.rewound'), ...changedMembers(before, shownWebhook(row)) };
      await publish(em, row, 'webhook.updated', change, actor, now);
      return { kind: 'rewound', replay: made };
    });
  }

  async remove(target: WebhookTarget, actor: Actor, now: Date): Promise<Removed> {
    return changing(this.em, async (em) => {
      const found = await lockMeant(em, target);
      if (found.kind !== 'found') return found;
      const { row } = found;
      const { id } = row;
      const before = shownWebhook(row);
      await em.nativeDelete(WebhookRow, { id });
      await appendAudit(em, { ...changeOf(row, 'webhook.deleted'), before, after: null }, actor, now);
      const notice = noticeOf('webhook.deleted', { ...row, version: row.version + 1 }, now.getTime(), {});
      await appendToOutbox(
        em,
        [
          { topic: definitionsTopic, key: id, value: null },
          { topic: noticesTopic, key: row.clientId, value: { ...notice } },
        ],
        now,
      );
      return { kind: 'removed' };
    });
  }
}

/** Judged under the lock: of two that mean the same version, one comes too late. */
async function lockMeant(
  em: EntityManager,
  { id, scope, isMeant }: WebhookTarget,
): Promise<{ readonly kind: 'found'; readonly row: WebhookRow } | Missed> {
  const owner = scope === null ? {} : { clientId: scope };
  const row = await em.findOne(WebhookRow, { id, ...owner }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (row === null) return { kind: 'missing' };
  return isMeant(row.version) ? { kind: 'found', row } : { kind: 'stale' };
}

/** Two that make webhooks of one client at once wait for each other here, so that neither overlooks the other's. */
async function hasRoom(em: EntityManager, clientId: string, perClientMax: number): Promise<boolean> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`webhooks.of ${clientId}`]);
  return (await em.count(WebhookRow, { clientId })) < perClientMax;
}

async function isSuspended(em: EntityManager, clientId: string): Promise<boolean> {
  return (await em.count(ClientRow, { id: clientId, suspendedAt: { $ne: null } })) > 0;
}
