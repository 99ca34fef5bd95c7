/**
 * Health per webhook, and what follows from it. In: outcomes and how far they bring the monitor. Out: health rows and
 * positions; for a webhook that is disabled or recovers also its row, an audit entry, its new definition and a notice
 * to its client, all in one transaction. What must hold: an outcome counts once, over restarts too; a webhook is
 * disabled with everything that belongs to it or not at all; one that was changed meanwhile is not.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { disableRulesOf, type DisableRules } from '../../domain/health/disable-rules.ts';
import type { EndpointVote } from '../../domain/health/global-guard.ts';
import { observe, type DisableDecision, type Observation } from '../../domain/health/health.ts';
import { noticeOf } from '../../domain/health/notice.ts';
import { proofTold } from '../../domain/health/proof-told.ts';
import type { ObservedOutcome } from '../../domain/delivery/outcome.ts';
import { runIn } from '../bulk.ts';
import type { Advance, ConsumerOffsetStore } from '../consumer-offset-store.ts';
import { readHealth, writeHealth, type KnownWebhook } from './health-rows.ts';
import { transacted } from '../limits.ts';
import { announce, type Announcement } from '../outbox/notice-writer.ts';
import { readerOf } from '../read.ts';
import { asUnstorable } from '../unstorable-error.ts';
import { writeProblems } from './verification-store.ts';
import { transitionWebhook, type Transition } from '../webhooks/webhook-transition.ts';

export interface HealthBatch {
  readonly outcomes: readonly ObservedOutcome[];
  readonly offsets: readonly Advance[];
  /** By webhook: how old its newest outcome here may be compared with those that there are, in milliseconds. Default: 0 */
  readonly behindMs?: ReadonlyMap<string, number>;
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
  /** Webhooks whose endpoints have proven that they want deliveries. */
  readonly verified: readonly string[];
  /** Webhooks that recover from now on. */
  readonly healed: readonly string[];
  /** Webhooks that were not disabled because most fail at once. */
  readonly held: readonly string[];
  /** Webhooks of which nothing was decided because newer outcomes are not known yet. */
  readonly deferred: readonly string[];
  /** Types of the notices. */
  readonly noticed: readonly string[];
}

/** Whose webhook it is, and where it is sent to. */
export interface VotingEndpoint {
  readonly clientId: string;
  readonly host: string;
  /** The version in which the webhook got this URL. */
  readonly targetVersion: number;
}

interface VotingRow extends Omit<VotingEndpoint, 'host'> {
  readonly webhookId: string;
  readonly url: string;
}

interface Observed extends Observation {
  readonly proof: ReturnType<typeof proofTold>;
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
      return await transacted(this.em, async (em) => {
        const run = runIn(em);
        await this.offsets.advance(run, batch.offsets);
        const byWebhook = Map.groupBy(batch.outcomes, ({ webhookId }) => webhookId);
        const known = await readHealth(run, [...byWebhook.keys()]);
        const observed = known.map((webhook): Observed => {
          const behindMs = batch.behindMs?.get(webhook.id) ?? 0;
          const rules = { ...policy, ...disableRulesOf(policy.disable, webhook.override), behindMs };
          const outcomes = byWebhook.get(webhook.id) ?? [];
          const proof = proofTold(outcomes, webhook);
          return { webhook, proof, ...observe(webhook.health, outcomes, webhook, rules) };
        });
        await writeHealth(
          run,
          observed.map(({ webhook, health }) => ({ webhookId: webhook.id, health })),
          now,
        );
        const unproven = observed.flatMap(({ webhook, proof }) =>
          proof === null || proof.isProven ? [] : [{ webhookId: webhook.id, ...proof }],
        );
        await writeProblems(run, unproven, now);
        return makeTurns(em, observed, policy, now);
      });
    } catch (error) {
      throw asUnstorable(error);
    }
  }

  /** How every endpoint that was tried since then did last, by webhook. */
  async votes(since: Date): Promise<Map<string, VotingEndpoint & EndpointVote>> {
    const rows = await readerOf(this.em)<VotingRow & Omit<EndpointVote, 'clientId' | 'host'>>(selectVotes, [since]);
    return new Map(rows.map(({ webhookId, url, ...vote }) => [webhookId, { ...vote, host: hostOf(url) }]));
  }

  /** Those of these webhooks that there are. */
  async endpoints(webhookIds: readonly string[]): Promise<Map<string, VotingEndpoint>> {
    const rows = await readerOf(this.em)<VotingRow>(selectEndpoints, [webhookIds]);
    return new Map(rows.map(({ webhookId, url, ...endpoint }) => [webhookId, { ...endpoint, host: hostOf(url) }]));
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
  const verified: string[] = [];
  const announcements: Announcement[] = [];
  for (const { webhook, notices, ...found } of observed) {
    const { health } = found;
    const turn = turnOf(found, policy, now);
    const turned = turn === null ? null : await transitionWebhook(em, webhook, turn, now);
    if (turned !== null) announcements.push(turned);
    if (turned !== null && turn?.kind === 'heal') healed.push(webhook.id);
    if (turned !== null && turn?.kind === 'verified') verified.push(webhook.id);
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
    verified,
    held: observed.filter(({ isHeld }) => isHeld).map(({ webhook }) => webhook.id),
    deferred: observed.filter(({ isDeferred }) => isDeferred).map(({ webhook }) => webhook.id),
    noticed: announcements.map(({ notice }) => notice.type),
  };
}

function turnOf(
  { health, disable, isHealed, proof }: Pick<Observed, 'health' | 'disable' | 'isHealed' | 'proof'>,
  { recoveryMs }: HealthPolicy,
  now: Date,
): Transition | null {
  if (disable !== null) return { kind: 'disable', decision: disable, health };
  if (proof?.isProven === true) return { kind: 'verified', allowedPerMinute: proof.allowedPerMinute };
  if (!isHealed) return null;
  return { kind: 'heal', until: new Date(now.getTime() + recoveryMs), goodPings: health.goodPings };
}

function hostOf(url: string): string {
  return new URL(url).host;
}

// What a URL did that its webhook has no longer is no vote.
const selectVotes = `
select h.webhook_id as "webhookId", h.state = 'failing' as "isFailing", w.client_id as "clientId", w.url,
  w.target_version as "targetVersion",
  (extract(epoch from greatest(h.last_success_at, h.last_failure_at)) * 1000)::float8 as "attemptedAt",
  (extract(epoch from h.last_success_at) * 1000)::float8 as "lastSuccessAt"
from webhook_health h join webhook w on w.id = h.webhook_id
where greatest(h.last_success_at, h.last_failure_at) >= $1
  and (h.target_version is null or h.target_version = w.target_version)`;

const selectEndpoints = `
select id as "webhookId", client_id as "clientId", url, target_version as "targetVersion"
from webhook where id = any($1::text[])`;
