/** Tells the coordinator every second that this member lives, and hears from it when partitions are shared anew. */
import type { Logger } from '../runtime/logger.ts';
import type { GroupMember } from './group-member.ts';
import { troubleFields } from './trouble.ts';

const intervalMs = 1_000;
/** Readiness speaks of missing answers when they last. */
const silentMsToTell = 5_000;

export class Heartbeats {
  private readonly member: GroupMember;
  private readonly rejoin: (reason: string) => void;
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | null = null;
  private isAsking = false;
  private answeredAt = 0;
  private run = 0;

  constructor(member: GroupMember, rejoin: (reason: string) => void, logger: Logger) {
    this.member = member;
    this.rejoin = rejoin;
    this.logger = logger;
  }

  start(): void {
    this.answeredAt = Date.now();
    this.run += 1;
    this.timer ??= setInterval(() => void this.beat(), intervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.run += 1;
  }

  problem(): string | null {
    if (this.timer === null || Date.now() - this.answeredAt < silentMsToTell) return null;
    return 'the group coordinator does not answer';
  }

  private async beat(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const { run } = this;
    try {
      const answer = await this.member.heartbeat();
      this.answeredAt = Date.now();
      // What comes after a stop speaks of a generation that is over.
      if (answer === 'rejoin' && run === this.run) this.rejoin('asked by the coordinator');
    } catch (error) {
      this.logger.debug(troubleFields(error), 'no answer to a heartbeat');
    } finally {
      this.isAsking = false;
    }
  }
}
