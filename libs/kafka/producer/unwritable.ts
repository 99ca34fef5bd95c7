/**
 * Topics that Kafka does not let this app write to: somebody has to give the permission, or make the topic or the
 * partition. In: what brokers answered. Out: the words for readiness and problems, and a metric.
 */
import type { Metrics } from '../../runtime/metrics.ts';

export type UnwritableReason = 'forbidden' | 'missing';

export interface Unwritable {
  readonly topic: string;
  readonly reason: UnwritableReason;
  /** Those that the topic does not have; none: it is the topic itself. */
  readonly partitions: readonly number[];
  /** For how long, in milliseconds. */
  readonly ms: number;
  /** Something will wait until it is put right, however long that takes. */
  readonly isWaitedFor: boolean;
}

/** Brokers change places in a second or two, and learn of new permissions as late: readiness speaks of it when it lasts. */
export const failingMsToTell = 3_000;
/** A broker that is cut off from the others tells for long what it knew before partitions were added. */
export const missingMsMax = 15_000;

export interface Obstacle {
  readonly since: number;
  /** Null: it is the topic itself. */
  readonly partition: number | null;
  /** Whether something of it waits however long. */
  readonly isPatient: () => boolean;
}

interface Found {
  readonly topic: string;
  readonly reason: UnwritableReason;
  readonly partitions: number[];
  since: number;
  isWaitedFor: boolean;
}

/** One of a topic and reason, of all that is said of its partitions. */
export class UnwritableTopics {
  private readonly found = new Map<string, Found>();
  private readonly now: number;

  constructor(now: number) {
    this.now = now;
  }

  add(topic: string, reason: UnwritableReason, { since, partition, isPatient }: Obstacle): void {
    if (this.now - since < (reason === 'missing' ? missingMsMax : failingMsToTell)) return;
    const key = `${topic} ${reason}`;
    const one = this.found.get(key) ?? { topic, reason, since, partitions: [], isWaitedFor: false };
    this.found.set(key, one);
    one.since = Math.min(one.since, since);
    one.isWaitedFor ||= isPatient();
    if (partition !== null) one.partitions.push(partition);
  }

  /** The longest first. */
  all(): readonly Unwritable[] {
    const found = [...this.found.values()].sort((one, other) => one.since - other.since);
    return found.map(({ topic, reason, partitions, since, isWaitedFor }) => {
      return { topic, reason, partitions: partitions.toSorted((a, b) => a - b), ms: this.now - since, isWaitedFor };
    });
  }
}

export function unwritableText({ topic, reason, partitions }: Unwritable): string {
  if (reason === 'forbidden') return `not allowed to write to ${topic}`;
  return partitions.length === 0 ? `there is no topic ${topic}` : `${topic} has no partition ${partitions.join(', ')}`;
}

/** With what to do about it. */
export function unwritableProblem(one: Unwritable): string {
  const remedy =
    one.reason === 'forbidden' ? 'give the Kafka user of this app the permission' : 'make it (npm run setup)';
  return `${unwritableText(one)}: ${remedy}; until then what is meant for it waits`;
}

export function watchUnwritable(metrics: Metrics, unwritable: () => readonly Unwritable[]): void {
  metrics.gauge(
    'topic_unwritable_seconds',
    'For how long records have waited for a topic that this app is not allowed to write to, or that is missing',
    ['topic', 'reason'],
    (gauge) => {
      gauge.clear();
      for (const { topic, reason, ms } of unwritable()) gauge.set(ms / 1_000, { topic, reason });
    },
  );
}
