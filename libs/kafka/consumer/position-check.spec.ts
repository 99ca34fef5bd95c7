import { expect, test } from '@jest/globals';
import { positionMove, type MoveReason } from './position-check.ts';

type Case = [
  what: string,
  kept: [nextOffset: number, topicId: string | null],
  log: [start: number, end: number, topicId: string | null],
  moved: [to: number, reason: MoveReason] | null,
];

test.each<Case>([
  ['within the log', [5, 'a'], [0, 9, 'a'], null],
  ['at the end', [9, 'a'], [0, 9, 'a'], null],
  ['without ids', [5, null], [0, 9, null], null],
  ['never read, of an old topic', [0, 'a'], [100, 200, 'a'], null],
  ['of a topic whose id is new here', [5, null], [0, 9, 'a'], [5, 'adopted']],
  ['#6 of a topic that was made anew', [5, 'a'], [0, 9, 'b'], [0, 'other_topic']],
  ['#6 of a topic that was made anew and is empty', [5, 'a'], [0, 0, 'b'], [0, 'other_topic']],
  ['#6 beyond the end, without ids', [5_000, null], [0, 1_000, null], [0, 'beyond_end']],
  ['beyond the end, before the id was known', [5_000, null], [0, 1_000, 'a'], [0, 'beyond_end']],
  // All that is left was applied: its end was cut off by an unclean election.
  ['beyond the end of the same topic', [5_000, 'a'], [0, 1_000, 'a'], [1_000, 'beyond_end']],
  ['before what retention left', [5, 'a'], [100, 200, 'a'], [100, 'before_start']],
  ['of a cluster that lost its ids', [5, 'a'], [0, 9, null], null],
])('a position %s', (_what, [nextOffset, keptId], [startOffset, endOffset, topicId], moved) => {
  const at = { topic: 't', partition: 0 };
  const move = positionMove({ ...at, nextOffset, topicId: keptId }, { ...at, startOffset, endOffset, topicId });
  expect(move === null ? null : [move.to, move.reason]).toEqual(moved);
  if (move !== null) expect(move).toMatchObject({ from: nextOffset, topicId: topicId ?? keptId });
});
