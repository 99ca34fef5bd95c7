/** Columns of delivery_stats. */
import { latencySlotsMs } from '../../domain/delivery/delivery-stats.ts';

/** One for each slot of the histogram, in its order. */
export const latencyColumns: readonly string[] = [...latencySlotsMs.map((bound) => `latency_${bound}`), 'latency_more'];

export const countColumns: readonly string[] = ['delivered', 'failed_retryable', 'failed_permanent', ...latencyColumns];
