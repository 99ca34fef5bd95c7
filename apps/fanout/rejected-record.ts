/** An event that is set aside: its bytes as they came, and why, on platform.events.rejected. */
import type { Rejection } from '../../libs/domain/event/rejection.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';

export function rejectedRecord(topic: string, record: KafkaRecord, rejection: Rejection): OutgoingRecord {
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      reason: rejection.reason,
      detail: rejection.detail,
      'source-topic': record.topic,
      'source-partition': String(record.partition),
      'source-offset': String(record.offset),
      'source-timestamp': String(record.timestampMs),
    },
  };
}
