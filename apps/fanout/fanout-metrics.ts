/** What fanout tells Prometheus. Event types come from outside: a hundred of them get a label of their own. */
import { rejectionReasons, type RejectionReason } from '../../libs/domain/event/rejection.ts';
import { watchLag } from '../../libs/kafka/consumer/consumer-lag.ts';
import { watchUnacknowledged, type Unacknowledged } from '../../libs/kafka/producer/unacknowledged.ts';
import { BoundedLabel, type Metrics } from '../../libs/runtime/metrics.ts';

const ageBucketsMs = [2, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 60_000, 3_600_000];

export interface FanoutGauges {
  webhooks(): number;
  eventTypes(): number;
  copies(): { readonly size: number; readonly reachMs: number };
  unacknowledged(): Unacknowledged;
  lag(): ReadonlyMap<string, number>;
}

export class FanoutMetrics {
  private readonly typeLabel = new BoundedLabel(100);
  private readonly published;
  private readonly accepted;
  private readonly rejected;
  private readonly tombstones;
  private readonly leftOut;
  private readonly warned;
  private readonly deprecated;
  private readonly timesUnread;
  private readonly copies;
  private readonly overBudget;
  private readonly schemasOverBudget;
  private readonly age;
  private readonly metrics: Metrics;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.published = metrics.counter('events_published_to_dispatcher_total', 'Deliveries handed to the dispatcher', [
      'event_type',
    ]);
    this.accepted = metrics.counter('events_accepted_total', 'Platform events fanned out', ['event_type']);
    this.rejected = metrics.counter('events_rejected_total', 'Platform events set aside', ['reason']);
    this.rejected.zero(Object.keys(rejectionReasons).map((reason) => ({ reason })));
    this.tombstones = metrics.counter(
      'tombstones_skipped_total',
      'Records with a key and no value (tombstones), which are not events',
      [],
    );
    this.tombstones.zero([{}]);
    this.leftOut = metrics.counter(
      'mapped_records_skipped_total',
      'Records that the mapping of their topic skips by its condition',
      [],
    );
    this.leftOut.zero([{}]);
    this.warned = metrics.counter('event_schema_warnings_total', 'Events that do not fit a schema that only warns', [
      'event_type',
    ]);
    this.deprecated = metrics.counter('deprecated_events_total', 'Events of a deprecated type', ['event_type']);
    this.timesUnread = metrics.counter(
      'event_times_unread_total',
      'Events whose time cannot be read: the time of their record is used',
      ['event_type'],
    );
    this.timesUnread.zero([{ event_type: 'other' }]);
    this.copies = metrics.counter(
      'event_copies_total',
      'Copies of an event that came within COPY_WINDOW_MINUTES: webhooks that have it do not get it again',
      ['event_type'],
    );
    this.copies.zero([{ event_type: 'other' }]);
    this.overBudget = metrics.counter(
      'filters_over_budget_total',
      'Filters that were not evaluated, because the event was too long or the client, or all clients together, had used up the budget; they match nothing',
      [],
    );
    this.overBudget.zero([{}]);
    this.schemasOverBudget = metrics.counter(
      'event_schema_over_budget_total',
      'Events whose check against their schema took too many steps; they count as not fitting',
      ['event_type'],
    );
    this.age = metrics.ms.histogram(
      'fanout_age_seconds',
      'From the event on Kafka to its deliveries on Kafka',
      ageBucketsMs,
    );
  }

  /** Gauges that are asked at each scrape. */
  watch(gauges: FanoutGauges): void {
    this.metrics.gauge('known_webhooks', 'Webhooks in the subscription table', [], (gauge) => {
      gauge.set(gauges.webhooks());
    });
    this.metrics.gauge('known_event_types', 'Event types in the catalogue', [], (gauge) => {
      gauge.set(gauges.eventTypes());
    });
    this.metrics.gauge('copy_window_events', 'Events whose copies are known', [], (gauge) => {
      gauge.set(gauges.copies().size);
    });
    this.metrics.ms.gauge('copy_window_reach_seconds', 'Age of the oldest of them', [], (gauge) => {
      gauge.set(gauges.copies().reachMs);
    });
    watchLag(this.metrics, () => gauges.lag());
    watchUnacknowledged(this.metrics, () => gauges.unacknowledged());
  }

  eventsAccepted(type: string, events: number, deliveries: number): void {
    const labels = { event_type: this.typeLabel.of(type) };
    this.accepted.inc(labels, events);
    if (deliveries > 0) this.published.inc(labels, deliveries);
  }

  eventsRejected(reason: RejectionReason, events: number): void {
    this.rejected.inc({ reason }, events);
  }

  tombstonesSkipped(records: number): void {
    this.tombstones.inc({}, records);
  }

  recordsLeftOut(records: number): void {
    this.leftOut.inc({}, records);
  }

  schemaWarned(type: string, events: number): void {
    this.warned.inc({ event_type: this.typeLabel.of(type) }, events);
  }

  deprecatedSeen(type: string, events: number): void {
    this.deprecated.inc({ event_type: this.typeLabel.of(type) }, events);
  }

  timeUnread(type: string, events: number): void {
    this.timesUnread.inc({ event_type: this.typeLabel.of(type) }, events);
  }

  copySeen(type: string, events: number): void {
    this.copies.inc({ event_type: this.typeLabel.of(type) }, events);
  }

  schemaOverBudget(type: string, events: number): void {
    this.schemasOverBudget.inc({ event_type: this.typeLabel.of(type) }, events);
  }

  filtersOverBudget(filters: number): void {
    this.overBudget.inc({}, filters);
  }

  acknowledged(ageMs: number): void {
    this.age.observe(Math.max(0, ageMs));
  }
}
