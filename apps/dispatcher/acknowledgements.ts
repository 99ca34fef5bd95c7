/**
 * In: an append to Kafka that is under way. Out: what follows once it is acknowledged, done.
 * Holds: nothing follows before; a revoke waits for it; what ends without an acknowledgement ends the process, unless the
 * process is stopping anyway. What a topic does not take for now never ends: the sink waits.
 */
import { SinkClosedError } from '../../libs/kafka/producer/append-error.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { Partition } from './partition.ts';

export class Acknowledgements {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Does what follows an acknowledgement; a revoke waits for it. */
  follow(partition: Partition, acknowledged: Promise<void>, done: () => void): void {
    partition.opened();
    acknowledged
      .then(done)
      .catch((error: unknown) => {
        this.leave(error);
      })
      .finally(() => {
        partition.settled();
      });
  }

  /** What was not acknowledged must not be lost by going on: without a commit it is read again after a restart. */
  leave(error: unknown): void {
    if (error instanceof SinkClosedError) {
      this.logger.info({}, 'deliveries left for the next start: the producer is closed');
      return;
    }
    this.logger.error(errorFields(error), 'dispatch failed unexpectedly, leaving');
    process.exit(1);
  }
}
