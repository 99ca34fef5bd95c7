/**
 * Counts what replays name. In: a dry run, or replays that wait to begin. Out: their totals, null where that took too long.
 * Holds: a count takes a bounded time and holds no lock; clients take turns, so that nobody waits for all of another's.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { monotonicMs } from '../../runtime/monotonic.ts';
import { ReadTooLongError, withinBounds } from '../bounded-reads.ts';
import { readerOf } from '../read.ts';
import { countCandidates, type ReplayRange } from './replay-candidates.ts';
import { isUnderstood, jobColumns, pauseMsMax, rangeOf, type JobRow } from './replay-job.ts';

/** Longest count, and longest statement of it, in milliseconds: the replay goes on uncounted. */
const countMs = 10_000;
/** Whoever began to count has died by then. */
const countClaimMs = 30_000;
/** Clients whose turn is remembered. */
const countedMax = 1_000;

export class ReplayCounts {
  private readonly em: EntityManager;
  /** Clients of which a replay was counted here; the one that was longest ago first. */
  private readonly counted = new Set<string>();

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** @throws ReadTooLongError when a statement takes longer than the bounds allow */
  of(range: ReplayRange): Promise<number | null> {
    const endsAt = monotonicMs() + countMs;
    return countCandidates(readerOf(this.em), range, () => monotonicMs() >= endsAt);
  }

  /**
   * Counts a replay that waits for it: then it runs. False when none waits. Others' replays go on meanwhile; the row says until
   * when it is being counted.
   * @param cancel ends what a backend does
   */
  async next(now: Date, cancel: (pid: number) => Promise<void>): Promise<boolean> {
    const read = readerOf(this.em);
    const [row] = await read<JobRow>(
      `update replay set next_batch_at = $3 where id = (
        select id from replay where status = 'pending' and (next_batch_at <= $1 or next_batch_at > $2) and ${isUnderstood}
        order by array_position($4::text[], client_id) nulls first, next_batch_at limit 1 for update skip locked)
      returning ${jobColumns}`,
      [now, new Date(now.getTime() + pauseMsMax), new Date(now.getTime() + countClaimMs), [...this.counted]],
    );
    if (row === undefined) return false;
    this.wasCounted(row.clientId);
    const bounds = { statementMs: countMs, signal: new AbortController().signal, cancel };
    const total = await withinBounds(bounds, () => this.of(rangeOf(row))).catch((error: unknown) => {
      if (error instanceof ReadTooLongError) return null;
      throw error;
    });
    await read(
      `update replay set status = 'running', total = $2, started_at = $3, next_batch_at = $3
      where id = $1 and status = 'pending'`,
      [row.id, total, now],
    );
    return true;
  }

  private wasCounted(clientId: string): void {
    this.counted.delete(clientId);
    this.counted.add(clientId);
    const [longestAgo] = this.counted;
    if (this.counted.size > countedMax && longestAgo !== undefined) this.counted.delete(longestAgo);
  }
}
