/** The way in: batches of outcomes. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { Observation } from './observation.ts';

@Controller()
export class OutcomesController {
  constructor(private readonly observation: Observation) {}

  @EventPattern('webhook.delivery-outcomes')
  outcomes(@Payload() batch: RecordBatch): void {
    this.observation.take(batch);
  }
}
