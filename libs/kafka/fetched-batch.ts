/**
 * In: one partition of a fetch answer, as kafkajs decodes it. Out: its records in our form, and where to read on.
 * Holds: records below the offset that was asked for, control records and those of aborted transactions are left out,
 * and reading goes on behind them: a batch of nothing else still moves the position.
 */
import type { KafkaRecord } from './record.ts';

export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | null>>;
  readonly isControlRecord: boolean;
  /** Missing in the message format of before Kafka 0.11. */
  readonly batchContext?: {
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
    readonly producerId: string;
    readonly inTransaction: boolean;
  };
}

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: readonly FetchedMessage[];
}

export interface FetchedBatch {
  readonly records: readonly KafkaRecord[];
  readonly fetchedOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
}

export function fetchedBatch(topic: string, fetchedOffset: number, fetched: FetchedPartition): FetchedBatch {
  const records: KafkaRecord[] = [];
  const isAborted = abortedFilter(fetched.abortedTransactions);
  for (const message of fetched.messages) {
    const offset = safeOffset(message.offset);
    if (isAborted(message, offset) || message.isControlRecord || offset < fetchedOffset) continue;
    records.push({
      topic,
      partition: fetched.partition,
      offset,
      timestampMs: Number(message.timestamp),
      key: message.key,
      value: message.value,
      headers: headersOf(message.headers),
    });
  }
  return {
    records,
    fetchedOffset,
    nextOffset: Math.max(fetchedOffset, endOf(fetched.messages.at(-1))),
    highWatermark: Number(fetched.highWatermark),
  };
}

/** The end of the batch on disk that the message came in: compaction may have taken the records behind it. */
function endOf(last: FetchedMessage | undefined): number {
  if (last === undefined) return 0;
  const { batchContext } = last;
  const end = safeOffset(last.offset) + 1;
  if (batchContext === undefined) return end;
  return Math.max(end, safeOffset(batchContext.firstOffset) + batchContext.lastOffsetDelta + 1);
}

function safeOffset(text: string): number {
  const offset = Number(text);
  if (!Number.isSafeInteger(offset)) throw new Error(`offset ${text} is beyond 2^53`);
  return offset;
}

const noHeaders: Readonly<Record<string, Buffer>> = Object.freeze({});

/** The last of a header that comes more than once, as `lastHeader` of the Java client; a null one counts as missing. */
function headersOf(headers: FetchedMessage['headers']): Readonly<Record<string, Buffer>> {
  let found: Record<string, Buffer> | null = null;
  for (const name in headers) {
    const given = headers[name];
    const value = Array.isArray(given) ? (given as readonly Buffer[]).at(-1) : (given as Buffer | null | undefined);
    if (value === null || value === undefined) continue;
    found ??= {};
    found[name] = value;
  }
  return found ?? noHeaders;
}

/** Key of the control record that ends an aborted transaction: version 0, type 0 (Kafka protocol, control batches). */
const abortMarker = Buffer.from([0, 0, 0, 0]);

/** To be asked for every message in order: a transaction is aborted from its first offset to its abort marker. */
function abortedFilter(
  transactions: FetchedPartition['abortedTransactions'],
): (message: FetchedMessage, offset: number) => boolean {
  if (transactions === null || transactions.length === 0) return () => false;
  const coming = transactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: safeOffset(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const current = new Set<string>();
  return ({ batchContext, isControlRecord, key }, offset) => {
    for (let next = coming[0]; next !== undefined && offset >= next.firstOffset; next = coming[0]) {
      current.add(next.producerId);
      coming.shift();
    }
    if (batchContext === undefined || !current.has(batchContext.producerId)) return false;
    if (isControlRecord && key?.equals(abortMarker) === true) current.delete(batchContext.producerId);
    return batchContext.inTransaction;
  };
}
