/** What a run makes of its events, handed on to be written slice by slice. */
import type { Slice } from './slice.ts';

export interface Making {
  slice: Slice;
  writing: Promise<void> | null;
  /** By then all of it was here. */
  readonly arrivedAt: number;
  /** When others had their turn last. */
  since: number;
  /** The tables were current then. */
  mayDecide: boolean;
}
