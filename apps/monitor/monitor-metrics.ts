/** What the monitor counts. */
import { watchLag } from '../../libs/kafka/consumer/consumer-lag.ts';
import { movesTold } from '../../libs/kafka/consumer/position-check.ts';
import type { HousekeepingReport } from '../../libs/postgres/housekeeping/housekeeping.ts';
import type { DisabledWebhook } from '../../libs/postgres/health/health-store.ts';
import type { SweepTime } from '../../libs/postgres/housekeeping/sweep-store.ts';
import {
  BoundedLabel,
  maskedId,
  type CounterMetric,
  type GaugeMetric,
  type Metrics,
} from '../../libs/runtime/metrics.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';

/** What the monitor tells clients of. */
const toldTypes = [
  'webhook.disabled',
  'webhook.failing',
  'webhook.recovered',
  'webhook.delivery.exhausted',
  'webhook.secret.expiring',
] as const;

/** Why a webhook is pinged: failures disabled it, or nothing was sent to it for long. */
export type PingCause = 'disabled' | 'silent' | 'unverified';

/** Webhooks that are told apart; the rest is `other`. */
const disabledIdsMax = 200;

export class MonitorMetrics {
  private readonly disabledIds = new BoundedLabel(disabledIdsMax);
  private readonly metrics: Metrics;
  private readonly outcomes: CounterMetric;
  private readonly deactivated: CounterMetric;
  private readonly turns: CounterMetric;
  private readonly holds: CounterMetric;
  private readonly deferrals: CounterMetric;
  private readonly paused: GaugeMetric;
  private readonly notices: CounterMetric;
  private readonly mails: CounterMetric;
  private readonly pings: CounterMetric;
  private readonly positionsMoved: CounterMetric;
  private readonly undecodable: CounterMetric;
  private readonly rowsDeleted: CounterMetric;
  private readonly housekeepings: CounterMetric;
  private readonly partitionsMade: CounterMetric;
  private readonly partitionsDropped: CounterMetric;
  private readonly lastHousekeeping: GaugeMetric;
  private readonly lastSweeps: GaugeMetric;

  /** @param prefix of topics: what is counted by topic begins at 0 for each that it reads */
  constructor(metrics: Metrics, prefix: string) {
    this.metrics = metrics;
    const read = [topicName(prefix, topics.outcomes)];
    this.outcomes = metrics.counter('outcomes_observed_total', 'Outcomes that went into the health of a webhook');
    this.deactivated = metrics.counter(
      'webhooks_deactivated_due_to_failure_total',
      'Webhooks that the monitor disabled',
      ['disabled_by', 'webhook_id_masked'],
    );
    this.deactivated.zero([{ disabled_by: 'failures' }, { disabled_by: 'gone' }]);
    this.turns = metrics.counter(
      'webhooks_healed_total',
      'Webhooks that failures disabled: enabled again to recover (healed), and recovered in the end (recovered)',
      ['turn'],
    );
    this.turns.zero([{ turn: 'healed' }, { turn: 'recovered' }]);
    this.holds = metrics.counter(
      'auto_disable_held_total',
      'Times that a webhook was not disabled because most webhooks failed at once',
    );
    this.deferrals = metrics.counter(
      'health_decisions_deferred_total',
      'Times that a webhook was neither disabled nor enabled because the monitor was too far behind to know',
    );
    this.paused = metrics.gauge('auto_disable_paused', '1 while most webhooks fail at once, so that none is disabled');
    this.paused.set(0);
    this.notices = metrics.counter('notices_total', 'Notices to clients that the monitor wrote', ['type']);
    this.notices.zero(toldTypes.map((type) => ({ type })));
    this.mails = metrics.counter('notice_mails_total', 'Mails with notices', ['result']);
    this.mails.zero([{ result: 'sent' }, { result: 'failed' }, { result: 'refused' }]);
    this.pings = metrics.counter(
      'health_pings_total',
      'Pings that the monitor made, of webhooks that failures disabled, of silent ones, and of unverified ones to ask whether they want deliveries',
      ['cause'],
    );
    this.pings.zero([{ cause: 'disabled' }, { cause: 'silent' }]);
    this.undecodable = metrics.counter(
      'undecodable_records_total',
      'Records set aside because they cannot be decoded',
      ['topic'],
    );
    this.undecodable.zero(read.map((topic) => ({ topic })));
    this.positionsMoved = metrics.counter(
      'positions_moved_total',
      'Stored positions that were impossible in the log of their topic',
      ['topic', 'reason'],
    );
    this.positionsMoved.zero(read.flatMap((topic) => movesTold.map((reason) => ({ topic, reason }))));
    this.housekeepings = metrics.counter('housekeeping_runs_total', 'Runs of housekeeping', ['result']);
    this.housekeepings.zero([{ result: 'done' }, { result: 'elsewhere' }, { result: 'failed' }]);
    this.partitionsMade = metrics.counter('history_partitions_created_total', 'Day partitions made');
    this.partitionsDropped = metrics.counter('history_partitions_dropped_total', 'Day partitions dropped');
    this.rowsDeleted = metrics.counter('housekeeping_rows_deleted_total', 'Expired rows that were deleted', ['kind']);
    this.lastHousekeeping = metrics.gauge(
      'housekeeping_last_success_seconds',
      'Unix time of the last housekeeping run without an error',
    );
    this.lastSweeps = metrics.gauge(
      'housekeeping_sweep_completed_seconds',
      'Unix time at which each sweep of housekeeping was last completed, by any monitor',
      ['sweep'],
    );
  }

  observed(outcomes: number): void {
    this.outcomes.inc({}, outcomes);
  }

  disabled({ by, webhookId }: Pick<DisabledWebhook, 'by' | 'webhookId'>): void {
    this.deactivated.inc({ disabled_by: by, webhook_id_masked: this.disabledIds.of(maskedId(webhookId)) });
  }

  turned(turn: 'healed' | 'recovered'): void {
    this.turns.inc({ turn });
  }

  held(webhooks: number): void {
    this.holds.inc({}, webhooks);
  }

  deferred(webhooks: number): void {
    this.deferrals.inc({}, webhooks);
  }

  guarded(isPaused: boolean): void {
    this.paused.set(isPaused ? 1 : 0);
  }

  noticed(type: string, count: number): void {
    if (count > 0) this.notices.inc({ type }, count);
  }

  mailed(result: 'sent' | 'failed' | 'refused'): void {
    this.mails.inc({ result });
  }

  pinged(cause: PingCause, count: number): void {
    this.pings.inc({ cause }, count);
  }

  moved(topic: string, reason: string): void {
    this.positionsMoved.inc({ topic, reason });
  }

  setAside(topic: string): void {
    this.undecodable.inc({ topic });
  }

  /** @param report null when another monitor is at it */
  kept(report: HousekeepingReport | null): void {
    const hasFailed = report !== null && report.failures.length > 0;
    this.housekeepings.inc({ result: report === null ? 'elsewhere' : hasFailed ? 'failed' : 'done' });
    if (report === null) return;
    this.partitionsMade.inc({}, report.created.length);
    this.partitionsDropped.inc({}, report.dropped.length);
    for (const [kind, rows] of Object.entries(report.deleted)) this.rowsDeleted.inc({ kind }, rows);
  }

  swept(times: readonly SweepTime[]): void {
    for (const { name, completedAt } of times) this.lastSweeps.set(Math.floor(completedAt / 1_000), { sweep: name });
    if (times.length === 0) return;
    this.lastHousekeeping.set(Math.floor(Math.max(...times.map(({ completedAt }) => completedAt)) / 1_000));
  }

  housekeepingFailed(): void {
    this.housekeepings.inc({ result: 'failed' });
  }

  watchLag(lag: () => ReadonlyMap<string, number>): void {
    watchLag(this.metrics, lag);
  }
}
