/**
 * Watches over webhooks. In: records of webhook.delivery-outcomes. Out: health rows, notices, and webhooks that are
 * disabled or recover with all that belongs to it, each batch in one transaction with its offsets. What must hold: an outcome counts once, so a
 * restart neither forgets a run of failures nor counts it twice.
 */
import { BatchPump } from '../../libs/kafka/consumer/batch-pump.ts';
import { decodeRecord, type Decoded } from '../../libs/kafka/fetch/decode-record.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { PositionStep } from '../../libs/kafka/consumer/stored-positions.ts';
import { StoredWork, type WriteResult } from '../../libs/kafka/consumer/stored-work.ts';
import type { ObservedOutcome } from '../../libs/domain/delivery/outcome.ts';
import type { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import type { Applied, DisabledWebhook, HealthPolicy, HealthStore } from '../../libs/postgres/health/health-store.ts';
import { writeResultOf } from '../../libs/postgres/write-result.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { AvroReader } from '../../libs/wire/avro-codec.ts';
import { Behind, placeOf } from './behind.ts';
import type { GlobalGuard } from './global-guard.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';

const recordsPerWrite = 5_000;
const recordsInMemoryMax = 20_000;
const bytesInMemoryMax = 48 * 1024 * 1024;
/** A busy webhook's row is written once a second and not for each batch: what it costs is by webhook, not by outcome. */
const rest = { ms: 1_000, belowRecords: recordsPerWrite };

/** An outcome, and of which record it is. */
interface Seen {
  readonly outcome: ObservedOutcome;
  readonly place: string;
  /** Unix milliseconds at which its record was written. */
  readonly at: number;
}

export interface ObservationParts {
  readonly codec: AvroReader<ObservedOutcome>;
  readonly store: HealthStore;
  readonly offsets: ConsumerOffsetStore;
  /** As operators have it now. @throws the driver's error */
  readonly policy: () => Promise<Omit<HealthPolicy, 'isPaused'>>;
  readonly guard: GlobalGuard;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
  /** By a clock that all monitors share with the mailer and with housekeeping. */
  readonly now: () => Promise<Date>;
  /** Unix milliseconds, by this machine: records are dated by those of others. */
  readonly wallNow: () => number;
  /** A bug: what is in memory cannot go on. */
  readonly crash: (error: unknown) => void;
}

export class Observation {
  readonly work: StoredWork<Seen>;
  private readonly parts: ObservationParts;
  private readonly behind: Behind;
  private readonly pump: BatchPump;

  constructor(parts: ObservationParts) {
    this.parts = parts;
    this.behind = new Behind(parts.wallNow);
    this.work = new StoredWork<Seen>({
      positions: (partitions) => parts.offsets.positions(partitions),
      move: (moves) => parts.offsets.move(moves),
      onMoved: ({ topic, partition, from, to, reason }) => {
        parts.metrics.moved(topic, reason);
        parts.logger.error(
          { topic, partition, from, to, reason },
          'a stored position is impossible in the log, continuing at another',
        );
      },
      decode: (record) => this.decode(record),
      write: (seen, steps) => this.write(seen, steps),
      setAside: (record, error) => {
        this.setAside(record, error);
      },
      rest,
      onAway: (error) => {
        parts.logger.warn(errorFields(error), 'cannot write health now, trying again');
      },
    });
    this.pump = new BatchPump({
      maxRecords: recordsInMemoryMax,
      maxBytes: bytesInMemoryMax,
      maxPerRun: recordsPerWrite,
      work: (batches) => this.work.work(batches),
      onError: parts.crash,
    });
  }

  take(batch: RecordBatch): void {
    this.behind.saw(batch);
    this.pump.enqueue(batch);
  }

  drain(leases: readonly PartitionLease[]): Promise<void> {
    return this.pump.drain(leases);
  }

  private decode(record: KafkaRecord): Decoded<Seen> | Promise<Decoded<Seen>> {
    const seen = (outcome: ObservedOutcome) => ({ outcome, place: placeOf(record), at: record.timestampMs });
    return decodeRecord(this.parts.codec, record, seen);
  }

  private async write(seen: readonly Seen[], offsets: readonly PositionStep[]): Promise<WriteResult> {
    const { metrics } = this.parts;
    let applied: Applied = { disabled: [], verified: [], healed: [], held: [], deferred: [], noticed: [] };
    const result = await writeResultOf(
      this.apply(seen, offsets).then((done) => {
        applied = done;
      }),
    );
    if (result.kind !== 'written') return result;
    metrics.observed(seen.length);
    for (const webhook of applied.disabled) this.announce(webhook);
    for (const webhookId of applied.healed) {
      metrics.turned('healed');
      this.parts.logger.info({ webhookId }, 'webhook answers pings again and recovers');
    }
    for (const webhookId of applied.verified) {
      this.parts.logger.info({ webhookId }, 'the endpoint of a webhook has proven that it wants deliveries');
    }
    metrics.held(applied.held.length);
    metrics.deferred(applied.deferred.length);
    for (const type of applied.noticed) metrics.noticed(type, 1);
    return result;
  }

  private async apply(seen: readonly Seen[], offsets: readonly PositionStep[]): Promise<Applied> {
    const { store, policy, guard, now } = this.parts;
    const outcomes = seen.map(({ outcome }) => outcome);
    const [time, inForce] = await Promise.all([now(), policy()]);
    await guard.see(outcomes, time.getTime());
    const batch = { outcomes, offsets, behindMs: this.behindMs(seen, offsets) };
    return store.apply(batch, { ...inForce, isPaused: guard.isPaused }, time);
  }

  /** By webhook, which has one partition. */
  private behindMs(seen: readonly Seen[], steps: readonly PositionStep[]): Map<string, number> {
    const newestAt = new Map<string, number>();
    for (const { place, at } of seen) newestAt.set(place, Math.max(at, newestAt.get(place) ?? 0));
    const ofPlace = new Map(
      steps.map((step) => {
        const place = placeOf(step);
        return [place, this.behind.behindMs(place, step.to, newestAt.get(place) ?? 0)];
      }),
    );
    return new Map(seen.map(({ outcome, place }) => [outcome.webhookId, ofPlace.get(place) ?? Infinity]));
  }

  private announce(webhook: DisabledWebhook): void {
    const { webhookId, clientId, by, reason, consecutiveFailures } = webhook;
    this.parts.metrics.disabled(webhook);
    this.parts.logger.warn({ webhookId, clientId, disabledBy: by, reason, consecutiveFailures }, 'webhook disabled');
  }

  private setAside(record: KafkaRecord, error: unknown): void {
    const { topic, partition, offset } = record;
    this.parts.metrics.setAside(topic);
    this.parts.logger.error({ topic, partition, offset, ...errorFields(error) }, 'record set aside, not observed');
  }
}
