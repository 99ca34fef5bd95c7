/** What comes from Kafka on its way into runs: the pump, which bounds what is in memory, and the runs that it feeds. */
import { BatchPump, type BatchPumpOptions } from '../../libs/kafka/consumer/batch-pump.ts';
import type { PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { SinkClosedError } from '../../libs/kafka/producer/append-error.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import type { RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import type { EventHandler } from './event-handler.ts';
import { EventRuns } from './event-runs.ts';
import type { EventWriter } from './event-writer.ts';
import type { DecidingTables } from './table-gate.ts';

export interface EventIntakeOptions {
  readonly handler: EventHandler;
  readonly reader: RecordReader;
  readonly writer: EventWriter;
  /** As {@link EventRunsOptions.tables}. */
  readonly tables?: DecidingTables;
  readonly limits: Omit<BatchPumpOptions, 'work' | 'onError'>;
  readonly logger: Logger;
  /** Monotonic milliseconds. Default: by the clock. */
  readonly now?: () => number;
}

export class EventIntake {
  private readonly pump: BatchPump;
  private readonly runs: EventRuns;
  private readonly writer: EventWriter;
  private readonly logger: Logger;

  constructor({ limits, logger, now = monotonicMs, ...options }: EventIntakeOptions) {
    const onError = (error: unknown) => {
      this.leave(error);
    };
    this.logger = logger;
    this.writer = options.writer;
    this.writer.onFailure(onError);
    this.pump = new BatchPump({ ...limits, work: (batches) => this.runs.work(batches), onError });
    this.runs = new EventRuns({ ...options, now, memory: this.pump, onError });
  }

  take(batch: RecordBatch): void {
    this.pump.enqueue(batch);
  }

  /**
   * Before partitions are given up: resolves when nothing of them is under way any more. It may end after its deadline, when the
   * same partitions are back under other leases.
   */
  async drain(leases: readonly PartitionLease[]): Promise<void> {
    this.runs.giveUp(leases);
    this.writer.beginDrain(leases);
    await this.pump.drain(leases);
    await this.runs.drain(leases);
    this.writer.endDrain(leases);
  }

  private leave(error: unknown): void {
    if (error instanceof SinkClosedError) {
      this.logger.info({}, 'events left for the next start: the producer is closed');
      return;
    }
    // Not caught anywhere: the process leaves, and its successor reads the same events again.
    setImmediate(() => {
      throw new Error('events could not be written', { cause: error });
    });
  }
}

/** Of the platform's own cluster: what that does not answer keeps nothing waiting that comes from ours. */
export class PlatformIntake extends EventIntake {}
