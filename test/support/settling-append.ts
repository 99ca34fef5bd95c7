/** For fakes of a sink that answer an append as a whole: each of its records is told to have ended as the append did. */
import type { AppendOptions } from '../../libs/kafka/producer/record-sink.ts';
import { RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';

export type Append = (records: readonly OutgoingRecord[]) => Promise<void>;

export function settlingAppend(
  append: Append,
): (records: readonly OutgoingRecord[], options?: AppendOptions) => Promise<void> {
  return async (records, { onSettled } = {}) => {
    let refusal: RecordRefusedError | null = null;
    try {
      await append(records);
    } catch (error) {
      if (onSettled === undefined || !(error instanceof RecordRefusedError)) throw error;
      refusal = error;
    }
    for (let index = 0; index < records.length; index += 1) onSettled?.(index, refusal);
  };
}
