/**
 * Remembers how each endpoint did last, to tell their trouble from ours. In: outcomes as they are observed. Out:
 * whether disabling pauses. What must hold: it judges by the time of the attempts, so a backlog of outcomes of an
 * outage is judged as the outage was; what it remembers is bounded by the webhooks of a day.
 */
import { guardVerdict, workedMs, type EndpointVote, type GuardVerdict } from '../../libs/domain/global-guard.ts';
import { verdictOf } from '../../libs/domain/health.ts';
import type { DeliveryOutcome } from '../../libs/domain/outcome.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';

export interface GlobalGuardParts {
  /** What was known before this process began. Rejects while the database is away. */
  readonly votesSince: (since: Date) => Promise<ReadonlyMap<string, EndpointVote>>;
  readonly onChange: (verdict: GuardVerdict) => void;
  /** Monotonic, of this process. Default: {@link monotonicMs} */
  readonly clock?: () => number;
}

/** Without outcomes for so long, the clock judges. */
const quietMs = 60_000;

export class GlobalGuard {
  private readonly parts: GlobalGuardParts;
  private readonly clock: () => number;
  private votes: Map<string, EndpointVote> | null = null;
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
  async see(outcomes: readonly DeliveryOutcome[], now: number): Promise<void> {
    this.votes ??= new Map(await this.parts.votesSince(new Date(now - workedMs)));
    let latest = 0;
    for (const outcome of outcomes) {
      const verdict = outcome.kind === 'ping' ? null : verdictOf(outcome);
      if (verdict === null) continue;
      const { webhookId, startedAt } = outcome;
      const known = this.votes.get(webhookId);
      const isFailing = verdict === 'failure';
      const lastSuccessAt = isFailing ? (known?.lastSuccessAt ?? null) : startedAt;
      this.votes.set(webhookId, { attemptedAt: startedAt, lastSuccessAt, isFailing });
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

  private judge(now: number): void {
    const before = this.verdict.isPaused;
    this.verdict = guardVerdict(this.votes?.values() ?? [], now);
    if (this.verdict.isPaused !== before) this.parts.onChange(this.verdict);
  }
}
