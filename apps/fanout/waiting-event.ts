/** An event in the backlog, undecoded but for Avro, and what it holds while it waits. */
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import type { Concerned, DecodedAvro } from './event-handler.ts';
import type { Source } from './slice.ts';

export interface WaitingEvent extends Source {
  readonly avro: DecodedAvro | null;
  /** That it holds while it waits. */
  readonly bytes: number;
}

/** A reference to the id of a webhook that waits. */
const bytesOfAnId = 8;

export function bytesOf({ key, value }: KafkaRecord, avro: DecodedAvro | null, webhookIds: Concerned): number {
  const text = avro !== null && 'json' in avro ? avro.json.length : 0;
  const ids = webhookIds === 'everyone' ? 0 : webhookIds.length * bytesOfAnId;
  return (key?.length ?? 0) + (value?.length ?? 0) + text + ids;
}
