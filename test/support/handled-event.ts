/** An event that became these records, and nothing that is worth a word. */
import { nothingOf, type HandledEvent } from '../../apps/fanout/handled-event.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';

export function handledAs(records: readonly OutgoingRecord[], rest: HandledEvent['rest'] = null): HandledEvent {
  return {
    ...nothingOf(null),
    records,
    rest,
    eventType: 't',
    deliveries: 1,
    deliveriesSoFar: 1,
  };
}
