/** Tells the coordinator every second that this member lives, and hears from it when partitions are shared anew. */
import type { Logger } from '../../runtime/logger.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';
import { sessionTimeoutMs, type GroupMember } from './group-member.ts';
import { troubleFields } from '../trouble.ts';

const intervalMs = 1_000;
/** Readiness speaks of missing answers when they last. */
const silentMsToTell = 5_000;

export interface HeartbeatHooks {
  /** The coordinator asks for it, or does not know this member any more. */
  rejoin(reason: string): void;
  /** The coordinator answered. */
  answered?(): void;
  /** No answer for the session timeout: the partitions may be another member's. Said again each second while it lasts. */
  lost(): void;
}

export class Heartbeats {
  private readonly member: GroupMember;
  private readonly hooks: HeartbeatHooks;
  private readonly logger: Logger;
  private readonly now: () => number;
  private timer: NodeJS.Timeout | null = null;
  private isAsking = false;
  private answeredAt = 0;
  private run = 0;

  constructor(member: GroupMember, hooks: HeartbeatHooks, logger: Logger, now: () => number = monotonicMs) {
    this.member = member;
    this.hooks = hooks;
    this.logger = logger;
    this.now = now;
  }

  start(): void {
    this.answeredAt = this.now();
    this.run += 1;
    this.timer ??= setInterval(() => {
      if (this.silentMs >= sessionTimeoutMs) this.hooks.lost();
      void this.beat();
    }, intervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.run += 1;
  }

  /** Since the last heartbeat was sent that the coordinator answered; 0 for who is no member. */
  get silentMs(): number {
    return this.timer === null ? 0 : this.now() - this.answeredAt;
  }

  problem(): string | null {
    return this.silentMs < silentMsToTell ? null : 'the group coordinator does not answer';
  }

  private async beat(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const { run } = this;
    const askedAt = this.now();
    try {
      const answer = await this.member.heartbeat();
      // What comes after a stop speaks of a generation that is over.
      if (run !== this.run) return;
      // Not when it is read: a process that was frozen in between finds an answer that is as old as its question.
      this.answeredAt = askedAt;
      if (answer === 'rejoin') this.hooks.rejoin('asked by the coordinator');
      else this.hooks.answered?.();
    } catch (error) {
      this.logger.debug(troubleFields(error), 'no answer to a heartbeat');
    } finally {
      this.isAsking = false;
    }
  }
}
