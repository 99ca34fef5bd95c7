/** What the projector counts. */
import type { TimeShares } from '../../libs/domain/delivery/delivery-age.ts';
import { watchLag } from '../../libs/kafka/consumer/consumer-lag.ts';
import { movesTold } from '../../libs/kafka/consumer/position-check.ts';
import { BoundedLabel, type CounterMetric, type HistogramMetric, type Metrics } from '../../libs/runtime/metrics.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';

const ageBucketsMs = [50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 300_000, 3_600_000];
const writeBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

/** Characters. */
const sourceLabelMax = 128;

export class ProjectorMetrics {
  private readonly metrics: Metrics;
  private readonly records: CounterMetric;
  private readonly positionsMoved: CounterMetric;
  private readonly undecodable: CounterMetric;
  private readonly strangers: CounterMetric;
  private readonly sourceLabel = new BoundedLabel(100);
  private readonly time: CounterMetric;
  private readonly age: HistogramMetric;
  private readonly duration: HistogramMetric;

  /** @param prefix of topics: what is counted by topic begins at 0 for each that it reads */
  constructor(metrics: Metrics, prefix: string) {
    this.metrics = metrics;
    const read = [topics.webhookEvents, topics.outcomes, topics.platformEventsRejected].map((spec) =>
      topicName(prefix, spec),
    );
    this.records = metrics.counter('history_records_total', 'Records written into the history', ['kind']);
    this.undecodable = metrics.counter(
      'undecodable_records_total',
      'Records set aside because they cannot be decoded',
      ['topic'],
    );
    this.undecodable.zero(read.map((topic) => ({ topic })));
    this.strangers = metrics.counter(
      'events_of_unknown_clients_total',
      'Events that name a client that does not exist: no webhook gets them',
      ['source'],
    );
    this.strangers.zero([{ source: 'other' }]);
    this.positionsMoved = metrics.counter(
      'positions_moved_total',
      'Stored positions that were impossible in the log of their topic',
      ['topic', 'reason'],
    );
    this.positionsMoved.zero(read.flatMap((topic) => movesTold.map((reason) => ({ topic, reason }))));
    this.time = metrics.ms.counter(
      'delivery_time_seconds_total',
      'Where the time of deliveries went: ours until the first attempt of a round, theirs in attempts and in the delays of retries',
      ['whose'],
    );
    this.time.zero([{ whose: 'ours' }, { whose: 'theirs' }]);
    this.age = metrics.ms.histogram(
      'history_age_seconds',
      'From the end of an attempt to its row in the history',
      ageBucketsMs,
    );
    this.duration = metrics.ms.histogram('history_write_seconds', 'One batch into PostgreSQL', writeBucketsMs);
  }

  written(events: number, outcomes: number, durationMs: number): void {
    this.records.inc({ kind: 'event' }, events);
    this.records.inc({ kind: 'outcome' }, outcomes);
    this.duration.observe(durationMs);
  }

  rejected(events: number): void {
    this.records.inc({ kind: 'rejected' }, events);
  }

  timeWent({ oursMs, theirsMs }: TimeShares): void {
    this.time.inc({ whose: 'ours' }, oursMs);
    this.time.inc({ whose: 'theirs' }, theirsMs);
  }

  /** @param ageMs of the oldest outcome of a batch when its row was there */
  aged(ageMs: number): void {
    this.age.observe(Math.max(0, ageMs));
  }

  /** @param source as the event names it; it comes from outside */
  unknownClient(source: string | null, events: number): void {
    this.strangers.inc({ source: this.sourceLabel.of((source ?? '').slice(0, sourceLabelMax)) }, events);
  }

  moved(topic: string, reason: string): void {
    this.positionsMoved.inc({ topic, reason });
  }

  setAside(topic: string): void {
    this.undecodable.inc({ topic });
  }

  watchLag(lag: () => ReadonlyMap<string, number>): void {
    watchLag(this.metrics, lag);
  }
}
