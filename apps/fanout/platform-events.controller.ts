/** The way in: batches of platform events and of notices about webhooks. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { EventIntake } from './event-intake.ts';

/** Stands for whatever PLATFORM_TOPICS names. */
export const platformPattern = 'platform.events';
export const noticesPattern = 'webhook.notices';

@Controller()
export class PlatformEventsController {
  constructor(private readonly intake: EventIntake) {}

  @EventPattern(platformPattern)
  platformEvents(@Payload() batch: RecordBatch): void {
    this.intake.take(batch);
  }

  @EventPattern(noticesPattern)
  notices(@Payload() batch: RecordBatch): void {
    this.intake.take(batch);
  }
}
