/** Which domain type travels under which schema file. */
import type { DeadDelivery, Delivery, ParkedDelivery, RetryDelivery } from '../domain/delivery/delivery.ts';
import type { EventType } from '../domain/event/event-type.ts';
import type { DeliveryOutcome } from '../domain/delivery/outcome.ts';
import type { WebhookDefinition } from '../domain/webhook/webhook.ts';
import type { WebhookEvent } from '../domain/event/webhook-event.ts';

export interface WireTypes {
  'webhook.events': WebhookEvent;
  'webhook.deliveries': Delivery;
  'webhook.deliveries.parked': ParkedDelivery;
  'webhook.retry': RetryDelivery;
  'webhook.delivery-outcomes': DeliveryOutcome;
  'webhook.dead': DeadDelivery;
  'webhook.definitions': WebhookDefinition;
  'webhook.event-types': EventType;
}
