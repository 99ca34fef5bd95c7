/**
 * Puts what was rejected into PostgreSQL. In: records of platform.events.rejected. Out: rows and the next offsets, together.
 * What must hold: it has a pump, positions and transactions of its own, so that whatever goes wrong with it waits alone and the
 * history goes on; what can never be stored is set aside.
 */
import { BatchPump } from '../../libs/kafka/consumer/batch-pump.ts';
import { StoredWork } from '../../libs/kafka/consumer/stored-work.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import type { RejectedEventWriter } from '../../libs/postgres/rejections/rejected-event-writer.ts';
import { writeResultOf } from '../../libs/postgres/write-result.ts';
import type { RejectedEvent } from '../../libs/domain/event/rejected-event.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

/** Each up to 16 KiB of text. */
const recordsPerWrite = 200;
const recordsInMemoryMax = 400;
const bytesInMemoryMax = 4 * 1024 * 1024;
/** Nobody waits for it as for the history. */
const rest = { ms: 200, belowRecords: 100 };

export interface RejectedProjectionParts {
  readonly rowOf: (record: KafkaRecord) => RejectedEvent;
  readonly writer: RejectedEventWriter;
  readonly offsets: ConsumerOffsetStore;
  readonly metrics: ProjectorMetrics;
  readonly logger: Logger;
  readonly crash: (error: unknown) => void;
}

export class RejectedProjection {
  readonly work: StoredWork<RejectedEvent>;
  private readonly pump: BatchPump;

  constructor({ rowOf, writer, offsets, metrics, logger, crash }: RejectedProjectionParts) {
    this.work = new StoredWork<RejectedEvent>({
      positions: (partitions) => offsets.positions(partitions),
      move: (moves) => offsets.move(moves),
      onMoved: ({ topic, partition, from, to, reason }) => {
        metrics.moved(topic, reason);
        const place = { topic, partition, from, to, reason };
        logger.error(place, 'a stored position is impossible in the log, continuing at another');
      },
      decode: (record) => ({ kind: 'value', value: rowOf(record) }),
      write: async (rows, steps) => {
        const result = await writeResultOf(writer.write(rows, steps));
        if (result.kind === 'written') metrics.rejected(rows.length);
        return result;
      },
      setAside: ({ topic, partition, offset }, error) => {
        metrics.setAside(topic);
        logger.error(
          { topic, partition, offset, ...errorFields(error) },
          'record set aside, not among the rejected ones',
        );
      },
      rest,
      onAway: (error) => {
        logger.warn(errorFields(error), 'cannot write what was rejected now, trying again');
      },
    });
    this.pump = new BatchPump({
      maxRecords: recordsInMemoryMax,
      maxBytes: bytesInMemoryMax,
      maxPerRun: recordsPerWrite,
      work: (batches) => this.work.work(batches),
      onError: crash,
    });
  }

  take(batch: RecordBatch): void {
    this.pump.enqueue(batch);
  }

  drain(leases: readonly PartitionLease[]): Promise<void> {
    return this.pump.drain(leases);
  }
}
