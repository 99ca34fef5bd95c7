/**
 * Remembers how each endpoint did last, to tell their trouble from ours. In: outcomes as they are observed. Out:
 * whether disabling pauses. What must hold: it judges by the time of the attempts, so a backlog of outcomes of an
 * outage is judged as the outage was; what it remembers is bounded by the webhooks of a day.
 */
import { guardVerdict, workedMs, type EndpointVote, type GuardVerdict } from '../../libs/domain/health/global-guard.ts';
import { verdictOf } from '../../libs/domain/health/health.ts';
import type { ObservedOutcome } from '../../libs/domain/delivery/outcome.ts';
import type { VotingEndpoint } from '../../libs/postgres/health/health-store.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';

export type KnownVote = EndpointVote & VotingEndpoint;

export interface GlobalGuardParts {
  /** What was known before this process began, by webhook. Rejects while the database is away. */
  readonly votesSince: (since: Date) => Promise<ReadonlyMap<string, KnownVote>>;
  /** Those of these webhooks that there are. Rejects while the database is away. */
  readonly endpointsOf: (webhookIds: readonly string[]) => Promise<ReadonlyMap<string, VotingEndpoint>>;
  readonly onChange: (verdict: GuardVerdict) => void;
  /** Monotonic, of this process. Default: {@link monotonicMs} */
  readonly clock?: () => number;
}

/** Without outcomes for so long, the clock judges. */
const quietMs = 60_000;

export class GlobalGuard {
  private readonly parts: GlobalGuardParts;
  private readonly clock: () => number;
  private votes: Map<string, KnownVote> | null = null;
  /** Monotonic. */
  private seenAt = -Infinity;
  private verdict: GuardVerdict = { voters: 0, failing: 0, isPaused: false };

  constructor(parts: GlobalGuardParts) {
    this.parts = parts;
    this.clock = parts.clock ?? monotonicMs;
  }

  get isPaused(): boolean {
    return this.verdict.isPaused;
  }

  /** Takes outcomes into account; the same ones twice are as once. */
  async see(outcomes: readonly ObservedOutcome[], now: number): Promise<void> {
    this.votes ??= new Map(await this.parts.votesSince(new Date(now - workedMs)));
    const telling = outcomes.filter((outcome) => outcome.kind !== 'ping' && verdictOf(outcome) !== null);
    const endpoints = await this.unknownEndpoints(telling, this.votes);
    let latest = 0;
    for (const outcome of telling) {
      const { webhookId, startedAt, targetVersion } = outcome;
      const known = this.votes.get(webhookId);
      const moved = endpoints.get(webhookId);
      const endpoint = moved ?? known;
      // Deleted meanwhile, or an answer of the URL that it had before.
      if (endpoint === undefined || (targetVersion ?? endpoint.targetVersion) !== endpoint.targetVersion) continue;
      const isFailing = verdictOf(outcome) === 'failure';
      const before = known?.targetVersion === endpoint.targetVersion ? known.lastSuccessAt : null;
      const { clientId, host } = endpoint;
      this.votes.set(webhookId, {
        clientId,
        host,
        targetVersion: endpoint.targetVersion,
        attemptedAt: startedAt,
        lastSuccessAt: isFailing ? before : startedAt,
        isFailing,
      });
      latest = Math.max(latest, startedAt);
    }
    if (latest === 0) return;
    this.seenAt = this.clock();
    this.judge(latest);
  }

  /** To be called now and then: without attempts nothing holds a pause up. */
  tick(now: number): void {
    if (this.votes === null) return;
    if (this.clock() - this.seenAt > quietMs) this.judge(now);
    for (const [webhookId, { attemptedAt }] of this.votes) {
      if (attemptedAt < now - workedMs) this.votes.delete(webhookId);
    }
  }

  /** Of webhooks that are new here, or have another URL than is known here. */
  private async unknownEndpoints(
    outcomes: readonly ObservedOutcome[],
    votes: ReadonlyMap<string, KnownVote>,
  ): Promise<ReadonlyMap<string, VotingEndpoint>> {
    const unknown = new Set<string>();
    for (const { webhookId, targetVersion } of outcomes) {
      const known = votes.get(webhookId);
      if (known === undefined || (targetVersion ?? 0) > known.targetVersion) unknown.add(webhookId);
    }
    return unknown.size === 0 ? new Map() : this.parts.endpointsOf([...unknown]);
  }

  private judge(now: number): void {
    const before = this.verdict.isPaused;
    this.verdict = guardVerdict(this.votes?.values() ?? [], now);
    if (this.verdict.isPaused !== before) this.parts.onChange(this.verdict);
  }
}
