/**
 * What JSONata makes of the records of a run. It is asynchronous, and the run is not: nothing may be unwritten while it waits. So it
 * is asked before the run begins.
 */
import { setImmediate as otherEvents } from 'node:timers/promises';
import type { KafkaRecord, RecordBatch } from '../../libs/kafka/record.ts';
import type { ReadValue, RecordReader } from '../../libs/wire/mapping/record-reader.ts';

/** After so many milliseconds everything else in the process gets its turn. */
const stepMs = 10;

/** @param now monotonic milliseconds */
export async function readAhead(
  reader: RecordReader,
  batches: readonly RecordBatch[],
  now: () => number,
): Promise<ReadonlyMap<KafkaRecord, ReadValue>> {
  const values = new Map<KafkaRecord, ReadValue>();
  let since = now();
  for (const { lease, records } of batches) {
    for (const record of records) {
      if (!lease.isHeld) break;
      const value = await reader.readAhead(record);
      if (value !== null) values.set(record, value);
      if (now() - since < stepMs) continue;
      await otherEvents();
      since = now();
    }
  }
  return values;
}
