import type { RecordBatch } from './record.ts';

export interface BatchPumpOptions {
  /** Records in memory above which the partitions pause. */
  readonly maxRecords: number;
  /** Bytes in memory above which the partitions pause. */
  readonly maxBytes: number;
  /** Records handed to one run of `work`. */
  readonly maxPerRun: number;
  /** One run at a time. Completes offsets itself through batch.lease.complete(offset), where Kafka keeps them. */
  work(batches: readonly RecordBatch[]): Promise<void>;
  /** `work` rejected: a programmer error, what it was given is not tried again. */
  onError(error: unknown): void;
}

export class BatchPump {
  constructor(options: BatchPumpOptions) {
    void options;
  }

  enqueue(batch: RecordBatch): void {
    void batch;
  }

  /** Resolves when everything enqueued so far was worked. */
  drain(): Promise<void> {
    return Promise.resolve();
  }
}
