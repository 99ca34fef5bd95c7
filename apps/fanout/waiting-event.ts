/** An event in the backlog, undecoded but for what has a schema or a mapping, and what it holds while it waits. */
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import type { ReadValue } from '../../libs/wire/mapping/record-reader.ts';
import type { Concerned } from './event-handler.ts';
import type { Source } from './slice.ts';

export interface WaitingEvent extends Source {
  readonly value: ReadValue | null;
  /** That it holds while it waits. */
  readonly bytes: number;
}

/** A reference to the id of a webhook that waits. */
const bytesOfAnId = 8;

export function bytesOf({ key, value }: KafkaRecord, read: ReadValue | null, webhookIds: Concerned): number {
  const ids = webhookIds === 'everyone' ? 0 : webhookIds.length * bytesOfAnId;
  return (key?.length ?? 0) + (value?.length ?? 0) + charactersOf(read) + ids;
}

function charactersOf(read: ReadValue | null): number {
  if (read === null) return 0;
  if ('json' in read) return read.json.length;
  return 'mapped' in read ? read.mapped.dataText.length : 0;
}
