/** A record on platform.events.rejected as the database keeps it: what it was and why, and what may be shown of it. */

/** How much of a value is kept, in bytes. */
export const rejectedValueBytesMax = 16_384;

/**
 * `whole`, or `cut` after {@link rejectedValueBytesMax}. `binary`: it is not text, `unreadable`: it is no JSON, so nothing
 * in it can be masked, and none of it is kept. `left_out`: so many came at once that values are no longer kept. `none`: there is no value.
 * `erased`: its client has left.
 */
export const rejectedValueStates = ['whole', 'cut', 'binary', 'unreadable', 'left_out', 'none', 'erased'] as const;
export type RejectedValueState = (typeof rejectedValueStates)[number];

export interface RejectedEvent {
  /** Sorts by when it was rejected (object-id.ts). */
  readonly id: string;
  readonly rejectedAtMs: number;
  /** Of rejectionReasons; empty or another where somebody else wrote the record. */
  readonly reason: string;
  readonly detail: string;
  /** On platform.events.rejected. */
  readonly partition: number;
  readonly offset: number;
  /** Where it was first; null: its headers do not say. */
  readonly sourceTopic: string | null;
  readonly sourcePartition: number | null;
  readonly sourceOffset: number | null;
  readonly sourceAtMs: number | null;
  /** Text, or base64 where it is none; the beginning of a long one. */
  readonly key: string | null;
  /** Masked. Null: see `valueState`. */
  readonly value: string | null;
  readonly valueState: RejectedValueState;
  /** Of the value as it came. */
  readonly valueBytes: number;
  /** How often it had been sent again before this rejection. */
  readonly redriveCount: number;
  /** Why it is not to be sent again; null: it may be. */
  readonly refusal: string | null;
}
