/** What a member of a consumer group tells Prometheus of its standing with Kafka. */
import type { CounterMetric, Metrics } from '../../runtime/metrics.ts';
import type { LostPosition } from './lost-position.ts';

export interface ConsumerStanding {
  readonly silentMs: number;
  readonly oldestCommitMs: number;
}

const reasons: readonly LostPosition['reason'][] = ['behind', 'ahead'];

export class ConsumerMetrics {
  private readonly metrics: Metrics;
  private readonly failedCommits: CounterMetric;
  private readonly fences: CounterMetric;
  private readonly resets: CounterMetric;
  private readonly standings: (() => ConsumerStanding)[] = [];

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.failedCommits = metrics.counter('consumer_commit_failures_total', 'Commits that failed or were not answered');
    this.fences = metrics.counter(
      'consumer_self_fences_total',
      'Times that all partitions were given up because the coordinator was silent for the session timeout',
    );
    this.resets = metrics.counter(
      'consumer_position_resets_total',
      'Positions that were not in the log: reading went on at its first record',
      ['reason'],
    );
    this.failedCommits.zero([{}]);
    this.fences.zero([{}]);
    this.resets.zero(reasons.map((reason) => ({ reason })));
  }

  /** Of several members of one process the worst is told. */
  watch(standing: () => ConsumerStanding): void {
    this.standings.push(standing);
    if (this.standings.length > 1) return;
    const worst = (of: (one: ConsumerStanding) => number) => Math.max(...this.standings.map((one) => of(one())));
    this.metrics.gauge(
      'consumer_coordinator_silent_seconds',
      'Since the group coordinator last answered a heartbeat',
      [],
      (gauge) => {
        gauge.set(worst(({ silentMs }) => silentMs) / 1_000);
      },
    );
    this.metrics.gauge(
      'consumer_commit_wait_seconds',
      'How long the oldest completed work has waited since it should have been committed',
      [],
      (gauge) => {
        gauge.set(worst(({ oldestCommitMs }) => oldestCommitMs) / 1_000);
      },
    );
  }

  commitFailed(): void {
    this.failedCommits.inc();
  }

  fenced(): void {
    this.fences.inc();
  }

  positionLost({ reason }: LostPosition): void {
    this.resets.inc({ reason });
  }
}
