/**
 * Partitions that cannot be read now: their leader refuses, or what it answered is in a format that nobody knows, or was
 * damaged on its way. Each is left aside for a while, longer each time, and then tried again; the others go on.
 */
import type { Logger } from '../../runtime/logger.ts';
import { partitionKey, type TopicPartition } from '../cluster/cluster-link.ts';
import { TroubleLog } from '../trouble-log.ts';
import { troubleFields } from '../trouble.ts';

interface Unreadable {
  readonly since: number;
  readonly message: string;
  readonly backOffMs: number;
  readonly until: number;
}

const backOffMsMin = 50;
const backOffMsMax = 2_000;
/** What was damaged on its way is whole the next time, and leaders move: readiness and warnings speak of what lasts. */
const lastingMsToTell = 3_000;

export class UnreadablePartitions {
  private readonly all = new Map<TopicPartition, Unreadable>();
  private readonly logger: Logger;
  private readonly trouble: TroubleLog;

  constructor(logger: Logger) {
    this.logger = logger;
    this.trouble = new TroubleLog(logger);
  }

  /** What came cannot be read. @returns in how many milliseconds to try again */
  failed(position: TopicPartition & { readonly next: number }, error: unknown, now: number): number {
    const { backOffMs } = this.putAside(position, error, now);
    this.trouble.say(error, 'what a broker answered cannot be read, trying again', fieldsOf(position));
    return backOffMs;
  }

  /** The broker has an error for this partition. @returns for how long it has, and in how many milliseconds to try again */
  refused(
    position: TopicPartition & { readonly next: number },
    error: unknown,
    now: number,
  ): { readonly forMs: number; readonly backOffMs: number } {
    const { since, backOffMs } = this.putAside(position, error, now);
    const forMs = now - since;
    const message = 'a partition cannot be fetched, trying again';
    if (forMs >= lastingMsToTell) this.trouble.say(error, message, { ...fieldsOf(position), forMs });
    else this.logger.debug({ ...troubleFields(error), ...fieldsOf(position) }, message);
    return { forMs, backOffMs };
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

  private putAside(position: TopicPartition & { readonly next: number }, error: unknown, now: number): Unreadable {
    const before = this.all.get(position);
    const backOffMs = Math.min((before?.backOffMs ?? backOffMsMin / 2) * 2, backOffMsMax);
    const reason = error instanceof Error ? error.message : String(error);
    const message = `cannot read ${partitionKey(position)} at ${position.next}: ${reason}`;
    const unreadable = { since: before?.since ?? now, message, backOffMs, until: now + backOffMs };
    this.all.set(position, unreadable);
    return unreadable;
  }
}

function fieldsOf({ topic, partition, next }: TopicPartition & { readonly next: number }) {
  return { topic, partition, offset: next };
}
