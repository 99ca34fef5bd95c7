/**
 * Commits what the leases say, every 250 ms when something changed, and sooner where many records complete: what a
 * killed process has completed and not committed is done again.
 * Holds: one commit at a time; where an older one may still land after a newer, the newer is said again; only leases that
 * are held now.
 */
import type { Logger } from '../../runtime/logger.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';
import type { GroupMember } from './group-member.ts';
import type { Lease } from './lease.ts';
import { TroubleLog } from '../trouble-log.ts';
import { troubleFields } from '../trouble.ts';

export interface CommitterHooks {
  leases(): Iterable<Lease>;
  /** The coordinator refused: this member was replaced. */
  rejoin(reason: string): void;
  /** A commit was acknowledged. */
  committed?(): void;
  failed?(): void;
}

const intervalMs = 250;
/** From one commit to the next at least: each is a request to the coordinator, and a record in its log. */
const soonestMs = 25;
const lastTries = 3;
/** A coordinator that moves costs a commit or two. */
const failingMsToWarn = 1_000;
/** Readiness speaks of commits that fail when it lasts. */
const failingMsToTell = 5_000;

export class Committer {
  private readonly member: GroupMember;
  private readonly hooks: CommitterHooks;
  private readonly logger: Logger;
  private readonly trouble: TroubleLog;
  private readonly recordsMax: number;
  private readonly now: () => number;
  private timer: NodeJS.Timeout | null = null;
  private soon: NodeJS.Timeout | null = null;
  private committing: Promise<void> | null = null;
  /** Since the last commit began. */
  private completed = 0;
  private begunAt = -Infinity;
  /** Since when there is something to commit that is not acknowledged; null when all is, or nothing changed. */
  private dueSince: number | null = null;
  private failure: string | null = null;
  /** A commit had no answer: a coordinator that was frozen may still take it, after a later one. */
  private isInDoubt = false;
  private run = 0;

  /** @param recordsMax completed records that are worth a commit before its time */
  constructor(
    member: GroupMember,
    hooks: CommitterHooks,
    logger: Logger,
    recordsMax: number,
    now: () => number = monotonicMs,
  ) {
    this.member = member;
    this.hooks = hooks;
    this.logger = logger;
    this.trouble = new TroubleLog(logger, now);
    this.recordsMax = recordsMax;
    this.now = now;
  }

  start(): void {
    this.dueSince = null;
    this.failure = null;
    this.isInDoubt = false;
    this.run += 1;
    this.timer ??= setInterval(() => {
      this.commitInTurn();
    }, intervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    if (this.soon !== null) clearTimeout(this.soon);
    this.timer = null;
    this.soon = null;
  }

  /** A record of one of the leases is complete. */
  recordCompleted(): void {
    this.completed += 1;
    if (this.completed < this.recordsMax || this.soon !== null || this.timer === null) return;
    const delayMs = Math.max(0, this.begunAt + soonestMs - this.now());
    this.soon = setTimeout(() => {
      this.soon = null;
      this.commitInTurn();
    }, delayMs);
  }

  /** How long the oldest progress has waited since the commit that should have spoken of it began; 0 when none waits. */
  get oldestMs(): number {
    return this.dueSince === null ? 0 : this.now() - this.dueSince;
  }

  problem(): string | null {
    if (this.oldestMs < failingMsToTell) return null;
    return `commits are not acknowledged: ${this.failure ?? 'no answer yet'}`;
  }

  /** After the last completion, before the fence. Gives up after a few tries, and when the next stay begins: the rest is read again. */
  async commitLast(): Promise<void> {
    const { run } = this;
    await this.committing;
    for (let tried = 1; run === this.run; tried += 1) {
      try {
        await this.commit();
        return;
      } catch (error) {
        if (tried < lastTries) continue;
        this.logger.warn(troubleFields(error), 'the last commit failed: what it spoke of will be read again');
        return;
      }
    }
  }

  private commitInTurn(): void {
    this.committing ??= this.commit()
      .catch((error: unknown) => {
        this.failure = error instanceof Error ? error.message : String(error);
        this.isInDoubt = true;
        this.hooks.failed?.();
        const waitingMs = Math.round(this.oldestMs);
        if (waitingMs >= failingMsToWarn) this.trouble.say(error, 'commits keep failing, trying again', { waitingMs });
        else this.logger.debug(troubleFields(error), 'a commit failed, trying again');
      })
      .finally(() => {
        this.committing = null;
      });
  }

  private async commit(): Promise<void> {
    this.completed = 0;
    this.begunAt = this.now();
    const changes: { lease: Lease; change: NonNullable<ReturnType<Lease['toCommit']>> }[] = [];
    for (const lease of this.hooks.leases()) {
      const change = lease.toCommit();
      if (change !== null) changes.push({ lease, change });
    }
    if (changes.length === 0) {
      this.dueSince = null;
      return;
    }
    this.dueSince ??= this.begunAt;
    const offsets = changes.map(({ lease: { topic, partition }, change }) => ({ topic, partition, ...change.commit }));
    const { run } = this;
    const outcome = await this.member.commit(offsets);
    // An answer that comes after new partitions were assigned speaks of those before.
    const isLate = run !== this.run;
    if (outcome === 'rejoin') {
      if (!isLate) this.hooks.rejoin('a commit was refused');
      return;
    }
    for (const { lease, change } of changes) lease.wasCommitted(change);
    if (isLate) return;
    this.dueSince = null;
    this.failure = null;
    if (this.isInDoubt) for (const { lease } of changes) lease.commitAgain();
    this.isInDoubt = false;
    this.hooks.committed?.();
  }
}
