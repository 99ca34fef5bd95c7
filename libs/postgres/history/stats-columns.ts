/** Columns of delivery_stats. */
import { latencySlotsMs } from '../../domain/delivery/delivery-stats.ts';

/** One for each slot of the histogram, in its order. */
export const latencyColumns: readonly string[] = [...latencySlotsMs.map((bound) => `latency_${bound}`), 'latency_more'];

/** Sums of milliseconds, beyond what an int holds. */
export const timeColumns = ['ours_ms', 'theirs_ms'] as const;

export const countColumns: readonly string[] = [
  ...['delivered', 'failed_retryable', 'failed_permanent'],
  ...latencyColumns,
  ...timeColumns,
];

/** The type of a sum of such a column, as it is kept. */
export function columnType(column: string): 'int' | 'bigint' {
  return (timeColumns as readonly string[]).includes(column) ? 'bigint' : 'int';
}
