/** The way in: batches of deliveries, from the main lane and from the parked one. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { Dispatch } from './dispatch.ts';

@Controller()
export class DeliveriesController {
  constructor(private readonly dispatch: Dispatch) {}

  @EventPattern('webhook.deliveries')
  deliveries(@Payload() batch: RecordBatch): void {
    this.dispatch.take(batch);
  }

  @EventPattern('webhook.deliveries.parked')
  parked(@Payload() batch: RecordBatch): void {
    this.dispatch.take(batch);
  }
}
