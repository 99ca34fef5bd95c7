/** The way in: batches of events and of outcomes. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { Projection } from './projection.ts';

@Controller()
export class HistoryController {
  constructor(private readonly projection: Projection) {}

  @EventPattern('webhook.events')
  events(@Payload() batch: RecordBatch): void {
    this.projection.take(batch);
  }

  @EventPattern('webhook.delivery-outcomes')
  outcomes(@Payload() batch: RecordBatch): void {
    this.projection.take(batch);
  }
}
