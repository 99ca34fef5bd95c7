/**
 * Health per webhook, and what follows from it. In: outcomes and how far they bring the monitor. Out: health rows and
 * positions; for a webhook that is disabled or recovers also its row, an audit entry, its new definition and a notice
 * to its client, all in one transaction. What must hold: an outcome counts once, over restarts too; a webhook is
 * disabled with everything that belongs to it or not at all; one that was changed meanwhile is not.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { disableRulesOf, type DisableRules } from '../domain/disable-rules.ts';
import type { EndpointVote } from '../domain/global-guard.ts';
import { observe, type DisableDecision, type Observation } from '../domain/health.ts';
import { noticeOf } from '../domain/notice.ts';
import type { DeliveryOutcome } from '../domain/outcome.ts';
import { runIn } from './bulk.ts';
import type { Advance, ConsumerOffsetStore } from './consumer-offset-store.ts';
import { readHealth, writeHealth, type KnownWebhook } from './health-rows.ts';
import { announce, type Announcement } from './notice-writer.ts';
import { readerOf } from './read.ts';
import { asUnstorable } from './unstorable-error.ts';
import { turnWebhook, type Turn } from './webhook-turn.ts';

export interface HealthBatch {
  readonly outcomes: readonly DeliveryOutcome[];
  readonly offsets: readonly Advance[];
}

/** As the operator has it. */
export interface HealthPolicy {
  readonly disable: DisableRules;
  /** True while most webhooks fail at once. */
  readonly isPaused: boolean;
  /** Null: webhooks never recover by themselves. */
  readonly goodPingsToHeal: number | null;
  /** How long a recovery takes, in milliseconds. */
  readonly recoveryMs: number;
  /** Notices go by mail too. */
  readonly areMailed: boolean;
}

export interface DisabledWebhook extends DisableDecision {
  readonly webhookId: string;
  readonly clientId: string;
  readonly consecutiveFailures: number;
}

/** What a batch led to. */
export interface Applied {
  readonly disabled: readonly DisabledWebhook[];
  /** Webhooks that recover from now on. */
  readonly healed: readonly string[];
  /** Webhooks that were not disabled because most fail at once. */
  readonly held: readonly string[];
  /** Types of the notices. */
  readonly noticed: readonly string[];
}

interface Observed extends Observation {
  readonly webhook: KnownWebhook;
}

export class HealthStore {
  private readonly em: EntityManager;
  private readonly offsets: ConsumerOffsetStore;

  constructor(em: EntityManager, offsets: ConsumerOffsetStore) {
    this.em = em;
    this.offsets = offsets;
  }

  /**
   * All or nothing.
   * @throws OffsetMismatchError when a position is not where the batch begins
   * @throws UnstorableError when a value of the batch can never be stored
   */
  async apply(batch: HealthBatch, policy: HealthPolicy, now: Date): Promise<Applied> {
    try {
      return await this.em.fork().transactional(async (em) => {
        const run = runIn(em);
        await this.offsets.advance(run, batch.offsets);
        const byWebhook = Map.groupBy(batch.outcomes, ({ webhookId }) => webhookId);
        const known = await readHealth(run, [...byWebhook.keys()]);
        const observed = known.map((webhook): Observed => {
          const rules = { ...policy, ...disableRulesOf(policy.disable, webhook.override) };
          return { webhook, ...observe(webhook.health, byWebhook.get(webhook.id) ?? [], webhook, rules) };
        });
        await writeHealth(
          run,
          observed.map(({ webhook, health }) => ({ webhookId: webhook.id, health })),
          now,
        );
        return makeTurns(em, observed, policy, now);
      });
    } catch (error) {
      throw asUnstorable(error);
    }
  }

  /** How every endpoint that was tried since then did last, by webhook. */
  async votes(since: Date): Promise<Map<string, EndpointVote>> {
    const rows = await readerOf(this.em)<EndpointVote & { webhookId: string }>(selectVotes, [since]);
    return new Map(rows.map(({ webhookId, ...vote }) => [webhookId, vote]));
  }
}

async function makeTurns(
  em: EntityManager,
  observed: readonly Observed[],
  policy: HealthPolicy,
  now: Date,
): Promise<Applied> {
  const disabled: DisabledWebhook[] = [];
  const healed: string[] = [];
  const announcements: Announcement[] = [];
  for (const { webhook, health, disable, isHealed, notices } of observed) {
    const turn = turnOf({ health, disable, isHealed }, policy, now);
    const turned = turn === null ? null : await turnWebhook(em, webhook, turn, now);
    if (turned !== null) announcements.push(turned);
    if (turned !== null && turn?.kind === 'heal') healed.push(webhook.id);
    if (turned !== null && turn?.kind === 'disable') {
      const { id: webhookId, clientId } = webhook;
      disabled.push({ webhookId, clientId, consecutiveFailures: health.consecutiveFailures, ...turn.decision });
    }
    for (const { type, data } of notices) {
      announcements.push({ definition: null, notice: noticeOf(type, webhook, now.getTime(), data) });
    }
  }
  await announce(em, announcements, policy.areMailed, now);
  return {
    disabled,
    healed,
    held: observed.filter(({ isHeld }) => isHeld).map(({ webhook }) => webhook.id),
    noticed: announcements.map(({ notice }) => notice.type),
  };
}

function turnOf(
  { health, disable, isHealed }: Pick<Observed, 'health' | 'disable' | 'isHealed'>,
  { recoveryMs }: HealthPolicy,
  now: Date,
): Turn | null {
  if (disable !== null) return { kind: 'disable', decision: disable, health };
  if (!isHealed) return null;
  return { kind: 'heal', until: new Date(now.getTime() + recoveryMs), goodPings: health.goodPings };
}

const selectVotes = `
select webhook_id as "webhookId", state = 'failing' as "isFailing",
  (extract(epoch from greatest(last_success_at, last_failure_at)) * 1000)::float8 as "attemptedAt",
  (extract(epoch from last_success_at) * 1000)::float8 as "lastSuccessAt"
from webhook_health where greatest(last_success_at, last_failure_at) >= $1`;
