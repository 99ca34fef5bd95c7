/**
 * Sends rejected events again. In: rows that are due. Out: records on the topic that fan-out reads. Holds: live requests go first;
 * a batch is small, and no other begins, here or in another process, before Kafka said of each record what became of it; what is
 * open stays claimed and is not made anew; whatever ends this process, another goes on a minute later.
 */
import type { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import type { RedriveStore } from '../../../libs/postgres/rejections/redrive-store.ts';
import { within } from '../../../libs/kafka/within.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import type { CounterMetric } from '../../../libs/runtime/metrics.ts';
import { StepRunner } from '../step-runner.ts';
import { redriveBatch, type RedriveBatchParts } from './redrive-batch.ts';
import { RedriveFlight } from './redrive-flight.ts';

export interface RedriveRunnerOptions {
  readonly store: Pick<RedriveStore, 'alone' | 'dueInMs' | 'putOff' | 'settle' | 'takeDue'>;
  readonly batch: RedriveBatchParts;
  readonly sink: Pick<RecordSink, 'append' | 'waiting'>;
  readonly counter: CounterMetric;
  readonly logger: Logger;
  /** From one look at a batch that is open to the next, in milliseconds, shorter than its claim. Default 5,000. */
  readonly lookMs?: number;
}

/** How often it is looked for what another process took in, in milliseconds. */
const idleMs = 2_000;
/** From one batch to the next: what has fallen due while nobody was there does not come at once. */
const restMs = 250;
const busyRecords = 500;
const busyBytes = 4 * 1024 * 1024;
const lookMsDefault = 5_000;

export class RedriveRunner {
  private readonly options: RedriveRunnerOptions;
  private readonly runner: StepRunner;
  private readonly stopping = Promise.withResolvers<undefined>();
  private isStopping = false;
  /** Until each of its records has ended, and its row says so. */
  private flight: RedriveFlight | null = null;

  constructor(options: RedriveRunnerOptions) {
    this.options = options;
    const { logger } = options;
    this.runner = new StepRunner({ step: () => this.step(), what: 'sending rejected events again', logger });
  }

  start(): void {
    this.runner.start();
  }

  /** There is something new: no need to wait for the next look. */
  lookNow(): void {
    this.runner.lookNow();
  }

  /** Resolves when the batch that is under way is remembered, or that takes too long: then it is sent again later. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.stopping.resolve(undefined);
    await this.runner.stop();
  }

  private async step(): Promise<number> {
    const { store, sink } = this.options;
    // Left by a step that lost the database: it is waited for, whoever has the turn now.
    if (this.flight !== null) await this.follow(this.flight, () => Promise.resolve());
    if (this.isStopping) return 0;
    if (sink.waiting.records > busyRecords || sink.waiting.bytes > busyBytes) return restMs;
    const dueInMs = await store.dueInMs();
    if (dueInMs === null || dueInMs > 0) return Math.min(Math.max(dueInMs ?? idleMs, restMs), idleMs);
    const isTurn = await store.alone((keep) => this.begin(keep));
    return isTurn ? restMs : idleMs;
  }

  private async begin(keep: () => Promise<void>): Promise<void> {
    const { store, batch, sink } = this.options;
    const due = await store.takeDue();
    if (due.length === 0) return;
    const { sending, failed } = await redriveBatch(due, batch);
    this.flight = new RedriveFlight(sink, sending, failed);
    await this.follow(this.flight, keep);
  }

  /** Until nothing of it is open. @throws the driver's error; the flight is there still */
  private async follow(flight: RedriveFlight, keep: () => Promise<void>): Promise<void> {
    const { store, logger, lookMs = lookMsDefault } = this.options;
    for (;;) {
      await within(lookMs, Promise.race([flight.ended, this.stopping.promise]));
      const { waiting } = flight;
      await this.remember(flight);
      if (waiting.length === 0) this.flight = null;
      if (waiting.length === 0 || this.isStopping) return;
      logger.warn({ waiting: waiting.length }, 'rejected events that are sent again wait for Kafka');
      await store.putOff(waiting);
      await keep();
    }
  }

  private async remember(flight: RedriveFlight): Promise<void> {
    const { store, counter, logger } = this.options;
    const { results } = flight;
    if (results.length === 0) return;
    await store.settle(results);
    flight.forget(results);
    const failed = results.filter(({ problem }) => problem !== null).length;
    counter.inc({ result: 'sent' }, results.length - failed);
    counter.inc({ result: 'failed' }, failed);
    logger.info({ sent: results.length - failed, failed }, 'rejected events were sent again');
  }
}
