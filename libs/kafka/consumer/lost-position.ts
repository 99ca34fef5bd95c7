/**
 * A position that the log does not have. In: where a partition was to be read from, and what its log holds. Out: why that cannot
 * be, or null.
 * Behind: records were deleted before they were read. Ahead: the log was cut or made anew, or the position is another log's.
 */
import type { OffsetRange } from '../cluster/cluster-link.ts';

export interface LostPosition {
  readonly reason: 'behind' | 'ahead';
  /** Where reading was to go on. */
  readonly asked: number;
  /** Where it goes on: at the first record that there is. */
  readonly next: number;
}

export function lostPosition(asked: number, { start, end }: OffsetRange): LostPosition | null {
  if (asked < start) return { reason: 'behind', asked, next: start };
  if (asked > end) return { reason: 'ahead', asked, next: start };
  return null;
}
