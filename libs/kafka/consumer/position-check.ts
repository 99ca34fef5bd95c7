/**
 * Whether a position that was kept elsewhere can be one of the log that is there now. In: what was kept, and what the log
 * is. Out: where to go on, and why elsewhere. Pure. Holds: no record of the log is left out that was not applied, as far
 * as the log can say so; where it is in doubt records are applied again.
 */
import type { Position } from './stored-positions.ts';

export interface LogOfPartition {
  readonly topic: string;
  readonly partition: number;
  /** First and end offset. */
  readonly startOffset: number;
  readonly endOffset: number;
  /** Another one for a topic that was made anew; null where the cluster has no ids. */
  readonly topicId: string | null;
}

/**
 * other_topic: the topic was made anew. beyond_end: the log ends before the position. before_start: records between were
 * deleted before they were applied. adopted: nothing was wrong, the id of the topic was not known.
 */
export type MoveReason = 'other_topic' | 'beyond_end' | 'before_start' | 'adopted';
/** Those that somebody has to know of. */
export const movesTold: readonly MoveReason[] = ['other_topic', 'beyond_end', 'before_start'];

export interface PositionMove {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly topicId: string | null;
  readonly reason: MoveReason;
}

/** Null: the position stands. */
export function positionMove(kept: Position, log: LogOfPartition): PositionMove | null {
  const { topic, partition, nextOffset: from } = kept;
  const keptId = kept.topicId ?? null;
  const move = (to: number, reason: MoveReason): PositionMove => ({
    topic,
    partition,
    from,
    to,
    topicId: log.topicId ?? keptId,
    reason,
  });
  if (isOtherTopic({ topicId: keptId }, log)) return move(log.startOffset, 'other_topic');
  if (from > log.endOffset) {
    // In the same topic everything that is left was applied: its end was cut off. Without ids it may be another one.
    const isSame = keptId !== null && keptId === log.topicId;
    return move(isSame ? log.endOffset : log.startOffset, 'beyond_end');
  }
  if (from > 0 && from < log.startOffset) return move(log.startOffset, 'before_start');
  return keptId === null && log.topicId !== null ? move(from, 'adopted') : null;
}

/** A topic that was made anew under the same name. One of which the id is not known is taken for the same. */
export function isOtherTopic(
  one: { readonly topicId: string | null },
  other: { readonly topicId: string | null },
): boolean {
  return one.topicId !== null && other.topicId !== null && one.topicId !== other.topicId;
}
