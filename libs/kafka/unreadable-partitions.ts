/**
 * Partitions of which the answer could not be read: a batch in a format that nobody knows, or damaged on its way. Each is left
 * aside for a while, longer each time, and then tried again; the others of its broker go on.
 */
import type { Logger } from '../runtime/logger.ts';
import { partitionKey, type TopicPartition } from './cluster-link.ts';
import { TroubleLog } from './trouble-log.ts';

interface Unreadable {
  readonly since: number;
  readonly message: string;
  readonly backOffMs: number;
  readonly until: number;
}

const backOffMsMin = 50;
const backOffMsMax = 2_000;
/** What was damaged on its way is whole the next time: readiness speaks of what lasts. */
const lastingMsToTell = 3_000;

export class UnreadablePartitions {
  private readonly all = new Map<TopicPartition, Unreadable>();
  private readonly trouble: TroubleLog;

  constructor(logger: Logger) {
    this.trouble = new TroubleLog(logger);
  }

  /** @returns in how many milliseconds to try again */
  failed(position: TopicPartition & { readonly next: number }, error: unknown, now: number): number {
    const before = this.all.get(position);
    const backOffMs = Math.min((before?.backOffMs ?? backOffMsMin / 2) * 2, backOffMsMax);
    const { topic, partition, next } = position;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `cannot read ${partitionKey(position)} at ${next}: ${reason}`;
    this.all.set(position, { since: before?.since ?? now, message, backOffMs, until: now + backOffMs });
    this.trouble.say(error, 'what a broker answered cannot be read, trying again', { topic, partition, offset: next });
    return backOffMs;
  }

  read(position: TopicPartition): void {
    if (this.all.size > 0) this.all.delete(position);
  }

  isAside(position: TopicPartition, now: number): boolean {
    return this.all.size > 0 && (this.all.get(position)?.until ?? 0) > now;
  }

  forgetAll(): void {
    this.all.clear();
  }

  problem(now: number): string | null {
    for (const { since, message } of this.all.values()) if (now - since >= lastingMsToTell) return message;
    return null;
  }
}
