/** The way in: batches of events, of outcomes, and of what was rejected. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { Projection } from './projection.ts';
import { RejectedProjection } from './rejected-projection.ts';

@Controller()
export class HistoryController {
  constructor(
    private readonly projection: Projection,
    private readonly rejections: RejectedProjection,
  ) {}

  @EventPattern('webhook.events')
  events(@Payload() batch: RecordBatch): void {
    this.projection.take(batch);
  }

  @EventPattern('webhook.delivery-outcomes')
  outcomes(@Payload() batch: RecordBatch): void {
    this.projection.take(batch);
  }

  @EventPattern('platform.events.rejected')
  rejected(@Payload() batch: RecordBatch): void {
    this.rejections.take(batch);
  }
}
