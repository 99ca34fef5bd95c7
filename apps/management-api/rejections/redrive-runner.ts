/**
 * Sends rejected events again. In: rows that are due. Out: records on the topic that fan-out reads. Holds: live requests go first;
 * a batch is small and waits for Kafka's acknowledgement; whatever ends this process, another goes on a minute later.
 */
import type { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import type { RedriveStore } from '../../../libs/postgres/rejections/redrive-store.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import type { CounterMetric } from '../../../libs/runtime/metrics.ts';
import { WakeUp } from '../outbox/wake-up.ts';
import { redriveBatch, type RedriveBatchParts } from './redrive-batch.ts';

export interface RedriveRunnerOptions {
  readonly store: RedriveStore;
  readonly batch: RedriveBatchParts;
  readonly sink: Pick<RecordSink, 'waiting'>;
  readonly counter: CounterMetric;
  readonly logger: Logger;
}

/** How often it is looked for what another process took in, in milliseconds. */
const idleMs = 2_000;
/** From one batch to the next: what has fallen due while nobody was there does not come at once. */
const restMs = 250;
const againMs = 2_000;
const busyRecords = 500;
const busyBytes = 4 * 1024 * 1024;
const stopMs = 3_000;

export class RedriveRunner {
  private readonly options: RedriveRunnerOptions;
  private readonly wake = new WakeUp();
  private readonly stopped = new WakeUp();
  private isStopping = false;
  private isStarted = false;

  constructor(options: RedriveRunnerOptions) {
    this.options = options;
  }

  start(): void {
    this.isStarted = true;
    void this.repeat().finally(() => {
      this.stopped.now();
    });
  }

  /** There is something new: no need to wait for the next look. */
  lookNow(): void {
    this.wake.now();
  }

  /** Resolves when the batch that is under way is remembered, or that takes too long: then it is sent again later. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake.now();
    if (this.isStarted) await this.stopped.within(stopMs);
  }

  private async repeat(): Promise<void> {
    while (!this.isStopping) {
      const waitMs = await this.step().catch((error: unknown) => {
        this.options.logger.warn(errorFields(error), 'rejected events were not sent again, trying again');
        return againMs;
      });
      await this.wake.within(waitMs);
    }
  }

  private async step(): Promise<number> {
    const { store, batch, sink, counter, logger } = this.options;
    if (sink.waiting.records > busyRecords || sink.waiting.bytes > busyBytes) return restMs;
    const dueInMs = await store.dueInMs();
    if (dueInMs === null || dueInMs > 0) return Math.min(Math.max(dueInMs ?? idleMs, restMs), idleMs);
    const due = await store.takeDue();
    if (due.length === 0) return restMs;
    const results = await redriveBatch(due, batch);
    await store.settle(results);
    const failed = results.filter(({ problem }) => problem !== null).length;
    counter.inc({ result: 'sent' }, results.length - failed);
    counter.inc({ result: 'failed' }, failed);
    logger.info(
      { sent: results.length - failed, failed, left: due.length - results.length },
      'rejected events were sent again',
    );
    return restMs;
  }
}
