/**
 * Brings replays on. In: replays that are open. Out: their counts, then their deliveries, batch by batch, at their pace. Holds: live
 * traffic goes first: a batch is small, waits for Kafka's acknowledgement, and none begins while much waits already;
 * a replay goes on where it was after any end of any process.
 */
import type { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { isDatabaseAway } from '../../../libs/postgres/server/database-away.ts';
import type { Run } from '../../../libs/postgres/bulk.ts';
import { renewClaimsMs } from '../../../libs/postgres/replays/replay-claims.ts';
import type { ReplayJob } from '../../../libs/postgres/replays/replay-job.ts';
import type { ReplayStore } from '../../../libs/postgres/replays/replay-store.ts';
import type { ReservedDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import type { CounterMetric } from '../../../libs/runtime/metrics.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { ReplayBatches } from './replay-batch.ts';
import { WakeUp } from '../outbox/wake-up.ts';

export interface ReplayRunnerOptions {
  readonly store: ReplayStore;
  readonly batches: ReplayBatches;
  readonly sink: Pick<RecordSink, 'waiting'>;
  readonly reserved: Pick<ReservedDatabase, 'cancel'>;
  readonly counter: CounterMetric;
  readonly logger: Logger;
}

/** How often it is looked for replays that another process took in, in milliseconds. */
const idleMs = 1_000;
/** After trouble, and while another process is at it. */
const againMs = 500;
/** Of live requests that may wait while a batch begins. */
const busyRecords = 500;
const busyBytes = 4 * 1024 * 1024;
const busyMs = 50;
const stopMs = 3_000;
/** What nobody expected, in a row, until a replay is given up. */
const surprisesMax = 5;

export class ReplayRunner {
  private readonly options: ReplayRunnerOptions;
  private readonly wake = new WakeUp();
  private readonly wakeCounting = new WakeUp();
  private readonly wakeRenewing = new WakeUp();
  private readonly stopped = new WakeUp();
  private isStopping = false;
  private isStarted = false;
  private current: string | null = null;
  private surprises = 0;

  constructor(options: ReplayRunnerOptions) {
    this.options = options;
  }

  start(): void {
    this.isStarted = true;
    // Beside each other: a long count holds up no batch.
    const advancing = this.repeat(this.wake, () => this.advance().catch((error: unknown) => this.afterTrouble(error)));
    const counting = this.repeat(this.wakeCounting, () => this.count());
    // Also while live requests keep batches from being begun: one that is in doubt stays this process's.
    const renewing = this.repeat(this.wakeRenewing, () => this.renew());
    void Promise.all([advancing, counting, renewing]).finally(() => {
      this.stopped.now();
    });
  }

  /** There is a new one: no need to wait for the next look. */
  lookNow(): void {
    this.wakeCounting.now();
  }

  /** Resolves when the batch that is under way is remembered, or that takes too long: then it is made again later. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake.now();
    this.wakeCounting.now();
    this.wakeRenewing.now();
    if (this.isStarted) await this.stopped.within(stopMs);
  }

  /** `step` returns how long to wait, in milliseconds. */
  private async repeat(wake: WakeUp, step: () => Promise<number>): Promise<void> {
    while (!this.isStopping) {
      const waitMs = await step();
      if (waitMs > 0) await wake.within(waitMs);
    }
  }

  private async count(): Promise<number> {
    const { store, reserved, logger } = this.options;
    try {
      if (!(await store.countNext(new Date(), (pid) => reserved.cancel(pid)))) return idleMs;
      this.wake.now();
      return 0;
    } catch (error) {
      logger.warn(errorFields(error), 'a replay was not counted, trying again');
      return againMs;
    }
  }

  private async renew(): Promise<number> {
    const { store, logger } = this.options;
    try {
      await store.claims.renew();
      return renewClaimsMs;
    } catch (error) {
      logger.warn(errorFields(error), 'the claim of a batch of a replay was not written, trying again');
      return againMs;
    }
  }

  private async advance(): Promise<number> {
    const { store, batches, sink, counter } = this.options;
    if (sink.waiting.records > busyRecords || sink.waiting.bytes > busyBytes) return busyMs;
    const now = new Date();
    const dueInMs = await store.dueInMs(now);
    if (dueInMs === null) return idleMs;
    if (dueInMs > 0) return Math.min(dueInMs, idleMs);
    const work = async (job: ReplayJob, run: Run) => {
      this.current = job.id;
      const step = await batches.next(job, run, Date.now());
      counter.inc({ result: 'sent' }, step.sent);
      counter.inc({ result: 'skipped' }, step.skipped);
      return step;
    };
    const hasWorked = await store.advance(now, work, (job) => batches.isInDoubt(job));
    this.surprises = 0;
    return hasWorked ? 0 : againMs;
  }

  private async afterTrouble(error: unknown): Promise<number> {
    const { store, logger } = this.options;
    const isExpected = error instanceof ProblemError || isDatabaseAway(error);
    if (isExpected || this.current === null) {
      logger.warn({ replayId: this.current, ...errorFields(error) }, 'a batch of a replay is tried again');
      return againMs;
    }
    this.surprises += 1;
    logger.error({ replayId: this.current, ...errorFields(error) }, 'a batch of a replay failed');
    if (this.surprises < surprisesMax) return againMs;
    this.surprises = 0;
    await store
      .fail(this.current, 'A batch could not be made; the log has the reason.', new Date())
      .catch((lost: unknown) => {
        logger.warn({ replayId: this.current, ...errorFields(lost) }, 'the failure of a replay was not written');
      });
    return againMs;
  }
}
