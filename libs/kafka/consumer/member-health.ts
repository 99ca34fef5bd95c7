/**
 * How a member stands with its coordinator: heartbeats, commits, and whether work may begin. The parts are used as they are;
 * here they are put together and asked together.
 */
import type { Logger } from '../../runtime/logger.ts';
import { Committer } from './committer.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import type { GroupMember } from './group-member.ts';
import { Heartbeats } from './heartbeats.ts';
import type { Lease } from './lease.ts';
import { StartPermit } from './start-permit.ts';

export interface MemberHealthHooks {
  readonly leases: () => Iterable<Lease>;
  /** The group is sharing partitions anew, or this member was replaced. */
  readonly rejoin: (reason: string) => void;
  /** No answer for the session timeout. */
  readonly lost: () => void;
}

export class MemberHealth {
  readonly heartbeats: Heartbeats;
  readonly committer: Committer;
  readonly permit: StartPermit;

  constructor(member: GroupMember, hooks: MemberHealthHooks, options: BatchConsumerOptions, logger: Logger) {
    const { metrics, commitRecords = Infinity } = options;
    const { rejoin } = hooks;
    const heard = () => {
      this.permit.lookAgain();
    };
    const failed = () => metrics?.commitFailed();
    this.committer = new Committer(
      member,
      { leases: hooks.leases, rejoin, committed: heard, failed },
      logger,
      commitRecords,
    );
    this.heartbeats = new Heartbeats(member, { rejoin, answered: heard, lost: hooks.lost }, logger);
    this.permit = new StartPermit(this.heartbeats, this.committer, options);
    metrics?.watch(() => this);
  }

  get silentMs(): number {
    return this.heartbeats.silentMs;
  }

  get oldestCommitMs(): number {
    return this.committer.oldestMs;
  }

  problem(): string | null {
    return this.heartbeats.problem() ?? this.committer.problem();
  }

  stop(): void {
    this.heartbeats.stop();
    this.committer.stop();
  }
}
