/** In: an event and the record that it came in. Out: the span of its fan-out. Holds: nothing of its data. */
import type { PlatformEvent } from '../../libs/domain/event/cloud-event.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import type { NewSpan } from '../../libs/runtime/tracing.ts';

/** OpenTelemetry, semantic conventions for Kafka (processing a message) and CloudEvents. */
export function eventSpan(record: KafkaRecord, event: PlatformEvent): NewSpan {
  return {
    name: `process ${record.topic}`,
    kind: 'consumer',
    parent: event.traceparent,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': record.topic,
      'messaging.destination.partition.id': String(record.partition),
      'messaging.kafka.offset': record.offset,
      'cloudevents.event_id': event.id,
      'cloudevents.event_source': event.source ?? undefined,
      'cloudevents.event_type': event.type,
      'webhook.client.id': event.clientId ?? undefined,
    },
  };
}
