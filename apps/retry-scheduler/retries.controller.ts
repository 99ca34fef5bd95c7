/** The way in: batches of all retry tiers. */
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { awaitSchema, type SchemaLearner } from '../../libs/wire/await-schema.ts';
import { Scheduler } from './scheduler.ts';

/** Stands for the topics of all tiers. */
export const retriesPattern = 'webhook.retry';

/** Injection token of the codec of retries. */
export const RETRY_CODEC = Symbol('retry codec');

@Controller()
export class RetriesController {
  constructor(
    private readonly scheduler: Scheduler,
    @Inject(RETRY_CODEC) private readonly codec: SchemaLearner,
  ) {}

  @EventPattern(retriesPattern)
  retries(@Payload() batch: RecordBatch): void {
    const unknown = batch.records.flatMap(({ value }) => (value === null || this.codec.knows(value) ? [] : [value]));
    if (unknown.length === 0) this.scheduler.take(batch);
    else void this.learnAndTake(batch, unknown);
  }

  /** Others need not wait: every retry has a moment of its own. */
  private async learnAndTake(batch: RecordBatch, unknown: readonly Buffer[]): Promise<void> {
    batch.lease.pause();
    for (const value of unknown) await awaitSchema(this.codec, value);
    batch.lease.resume();
    this.scheduler.take(batch);
  }
}
