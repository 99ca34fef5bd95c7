/**
 * Positions that were asked for in vain. In: what failed and what was answered. Out: since when the oldest of them waits.
 * Holds: a partition that has another leader by now is silent until that one has handed out all that it has.
 */
import type { FetchedBatch } from '../fetch/fetched-batch.ts';

export class UnansweredPositions<Position> {
  private readonly all = new Map<Position, number>();

  /** @param askedAt when the request began that brought nothing of them */
  failed(positions: readonly Position[], askedAt: number): void {
    for (const position of positions) if (!this.all.has(position)) this.all.set(position, askedAt);
  }

  /**
   * Of what came meanwhile an answer brings only a part. One that brings nothing has nothing more for now: the rest is of
   * transactions under way.
   * @param isFull there was no room for more, of this partition neither
   */
  answered(position: Position, { records, nextOffset, highWatermark }: FetchedBatch, isFull: boolean): void {
    if (this.all.size === 0) return;
    if (nextOffset >= highWatermark || (records.length === 0 && !isFull)) this.all.delete(position);
  }

  /** The others are not read any more. */
  keepOnly(positions: readonly Position[]): void {
    if (this.all.size === 0) return;
    const kept = new Set(positions);
    for (const position of this.all.keys()) if (!kept.has(position)) this.all.delete(position);
  }

  /** Null when none waits. */
  get since(): number | null {
    return this.all.size === 0 ? null : Math.min(...this.all.values());
  }
}
