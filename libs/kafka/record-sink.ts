import type { Logger } from '../runtime/logger.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { OutgoingRecord } from './record.ts';

/** Kafka will never take this record (too large, or it cannot be encoded). */
export class RecordRefusedError extends Error {
  readonly code = 'record_refused';
  readonly retryable = false;
}

/** The sink was closed before the record was acknowledged. */
export class SinkClosedError extends Error {
  readonly code = 'sink_closed';
  readonly retryable = true;
}

export interface RecordSinkOptions {
  /** Largest record, key, value and headers. Default 1,040,000: what fits a batch of Kafka's default message.max.bytes. */
  readonly recordBytesMax?: number;
  /** How long close() goes on trying to send what waits, in milliseconds. Default 5,000. */
  readonly closeDeadlineMs?: number;
}

export class RecordSink {
  constructor(client: KafkaClient, logger: Logger, options: RecordSinkOptions = {}) {
    void [client, logger, options];
  }

  connect(): Promise<void> {
    return Promise.reject(new Error('not built yet'));
  }

  /**
   * Resolves when acknowledged by all in-sync replicas; while Kafka is away it waits. Order of appends is kept per
   * partition. @throws RecordRefusedError, SinkClosedError
   */
  append(records: readonly OutgoingRecord[]): Promise<void> {
    return Promise.reject(new Error(`not built yet ${records.length}`));
  }

  get waiting(): { readonly records: number; readonly bytes: number } {
    return { records: 0, bytes: 0 };
  }

  /** Null when connected and sending works, else what is wrong. */
  problem(): string | null {
    return null;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
