/** The way in: batches of platform events and of notices about webhooks. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { EventIntake, PlatformIntake } from './event-intake.ts';

/** Our own topic, and what else PLATFORM_TOPICS names on our cluster. */
export const platformPattern = 'platform.events';
/** The same on the platform's own cluster, where there is one. */
export const platformClusterPattern = 'platform.events of the platform';
export const noticesPattern = 'webhook.notices';

@Controller()
export class PlatformEventsController {
  constructor(
    private readonly intake: EventIntake,
    private readonly platformIntake: PlatformIntake,
  ) {}

  @EventPattern(platformPattern)
  platformEvents(@Payload() batch: RecordBatch): void {
    this.intake.take(batch);
  }

  @EventPattern(platformClusterPattern)
  platformClusterEvents(@Payload() batch: RecordBatch): void {
    this.platformIntake.take(batch);
  }

  @EventPattern(noticesPattern)
  notices(@Payload() batch: RecordBatch): void {
    this.intake.take(batch);
  }
}
