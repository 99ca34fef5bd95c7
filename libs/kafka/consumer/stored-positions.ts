/**
 * Positions of a consumer that keeps them with its effects, in memory. In: fetched records. Out: those that were
 * not applied yet, and how far applying them brings each partition. What must hold: no record is left out, none
 * is handed out below the position, whatever was fetched twice.
 */
import type { KafkaRecord } from '../record.ts';

export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that was not applied. */
  readonly nextOffset: number;
  /** Of the topic that it is a position in, as the cluster names it; null or absent where that is not known. */
  readonly topicId?: string | null;
}

export interface PositionStep {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** The stored position is behind this member: records in between are gone from memory, so it has to begin anew. */
export class PositionLostError extends Error {
  readonly code = 'position_lost';
  readonly retryable = false;
}

export class StoredPositions {
  private readonly next = new Map<string, number>();

  /** What the store says at assignment. */
  assign(positions: readonly Position[]): void {
    for (const { topic, partition, nextOffset } of positions) this.next.set(keyOf(topic, partition), nextOffset);
  }

  /**
   * What is left to apply of these records, in their order, and the steps that go with it.
   * @param records of each partition in offset order; partitions may mix
   */
  plan(records: readonly KafkaRecord[]): { fresh: KafkaRecord[]; steps: PositionStep[] } {
    const steps = new Map<string, PositionStep>();
    const fresh = records.filter(({ topic, partition, offset }) => {
      const key = keyOf(topic, partition);
      const from = this.positionOf(key);
      if (offset < from) return false;
      const to = steps.get(key)?.to ?? from;
      if (offset < to) return false;
      steps.set(key, { topic, partition, from, to: offset + 1 });
      return true;
    });
    return { fresh, steps: [...steps.values()] };
  }

  /** The steps were taken: effects and positions are stored. */
  advance(steps: readonly PositionStep[]): void {
    for (const { topic, partition, to } of steps) this.next.set(keyOf(topic, partition), to);
  }

  /**
   * The store has other positions: another member applied records of these partitions.
   * @throws PositionLostError when the store is behind
   */
  correct(stored: readonly Position[]): void {
    for (const { topic, partition, nextOffset } of stored) {
      const mine = this.positionOf(keyOf(topic, partition));
      if (nextOffset < mine)
        throw new PositionLostError(`${topic}-${partition} is stored at ${nextOffset}, not ${mine}`);
    }
    this.assign(stored);
  }

  private positionOf(key: string): number {
    const position = this.next.get(key);
    if (position === undefined) throw new Error(`no position of ${key}: it was never assigned`);
    return position;
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
