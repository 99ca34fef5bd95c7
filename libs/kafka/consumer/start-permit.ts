/**
 * Whether a member of a consumer group may begin a piece of work now. In: how long the coordinator has been silent, and how
 * long completed work has waited to be committed. Out: yes or no, and a call when a no has become a yes.
 * Holds: what begins while the answer is yes can be accounted for, as far as this member knows.
 */
import type { Committer } from './committer.ts';
import { sessionTimeoutMs } from './group-member.ts';
import type { Heartbeats } from './heartbeats.ts';

const defaultCommitWaitMsMax = 1_000;
/** Two more heartbeats may be lost before the coordinator gives the partitions to others. */
const silentMsMax = sessionTimeoutMs / 3;

export interface StartPermitOptions {
  /** How old progress may become that was to be committed and is not. Default 1,000 ms. */
  readonly commitWaitMsMax?: number;
  onMayStart?(): void;
}

export class StartPermit {
  private readonly heartbeats: Pick<Heartbeats, 'silentMs'>;
  private readonly committer: Pick<Committer, 'oldestMs'>;
  private readonly options: StartPermitOptions;
  /** Somebody was told no. */
  private isRefused = false;

  constructor(
    heartbeats: Pick<Heartbeats, 'silentMs'>,
    committer: Pick<Committer, 'oldestMs'>,
    options: StartPermitOptions,
  ) {
    this.heartbeats = heartbeats;
    this.committer = committer;
    this.options = options;
  }

  /** Cheap: asked before each piece of work. */
  mayStart(): boolean {
    const { commitWaitMsMax = defaultCommitWaitMsMax } = this.options;
    const isWell = this.heartbeats.silentMs <= silentMsMax && this.committer.oldestMs <= commitWaitMsMax;
    if (!isWell) this.isRefused = true;
    return isWell;
  }

  /** Kafka answered, or partitions were assigned. */
  lookAgain(): void {
    if (!this.isRefused || !this.mayStart()) return;
    this.isRefused = false;
    this.options.onMayStart?.();
  }
}
