/**
 * Commits what the leases say, every 250 ms when something changed.
 * Holds: one commit at a time, so that an older one never lands after a newer; only leases that are held now.
 */
import type { Logger } from '../runtime/logger.ts';
import type { GroupMember } from './group-member.ts';
import type { Lease } from './lease.ts';
import { troubleFields } from './trouble.ts';

export interface CommitterHooks {
  leases(): Iterable<Lease>;
  /** The coordinator refused: this member was replaced. */
  rejoin(reason: string): void;
}

const intervalMs = 250;
const lastTries = 3;

export class Committer {
  private readonly member: GroupMember;
  private readonly hooks: CommitterHooks;
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | null = null;
  private committing: Promise<void> | null = null;

  constructor(member: GroupMember, hooks: CommitterHooks, logger: Logger) {
    this.member = member;
    this.hooks = hooks;
    this.logger = logger;
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.committing ??= this.commit()
        .catch((error: unknown) => {
          this.logger.debug(troubleFields(error), 'a commit failed, trying again');
        })
        .finally(() => {
          this.committing = null;
        });
    }, intervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** After the last completion, before the fence. Gives up after a few tries: what is not committed is read again. */
  async commitLast(): Promise<void> {
    await this.committing;
    for (let tried = 1; ; tried += 1) {
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

  private async commit(): Promise<void> {
    const changes: { lease: Lease; change: NonNullable<ReturnType<Lease['toCommit']>> }[] = [];
    for (const lease of this.hooks.leases()) {
      const change = lease.toCommit();
      if (change !== null) changes.push({ lease, change });
    }
    if (changes.length === 0) return;
    const offsets = changes.map(({ lease: { topic, partition }, change }) => ({ topic, partition, ...change.commit }));
    if ((await this.member.commit(offsets)) === 'rejoin') {
      this.hooks.rejoin('a commit was refused');
      return;
    }
    for (const { lease, change } of changes) lease.wasCommitted(change);
  }
}
