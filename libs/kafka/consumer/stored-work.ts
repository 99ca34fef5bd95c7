/**
 * Works records whose position is stored with their effects: exactly once into that store. In: batches from the
 * pump. Out: decoded items with the steps that they make, to `write`, in order. What must hold: a record that cannot
 * be decoded or stored is set aside and the stream goes on; while the store is away the same records are tried
 * again; what was lost in a rebalance is dropped, because its new owner begins where the store is; work of a stay that is
 * over, which ends late, moves no position of the next.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { betweenLooksMs, LeavingError, looksAtEnd } from './assignment.ts';
import type { Decoded } from '../fetch/decode-record.ts';
import { positionMove, type PositionMove } from './position-check.ts';
import type { AssignedLease, KafkaRecord, PartitionLease, RecordBatch } from '../record.ts';
import { PositionLostError, StoredPositions, type Position, type PositionStep } from './stored-positions.ts';

export type WriteResult =
  | { readonly kind: 'written' }
  /** Another member stored other positions; nothing was written. */
  | { readonly kind: 'moved'; readonly stored: readonly Position[] }
  /** A value among the items can never be stored; nothing was written. */
  | { readonly kind: 'unstorable'; readonly error: unknown }
  /** The store is away; nothing is known to be written. */
  | { readonly kind: 'away'; readonly error: unknown };

export interface StoredWorkOptions<T> {
  /** Reads the store. Rejects while it is away. */
  positions(partitions: readonly { topic: string; partition: number }[]): Promise<readonly Position[]>;
  /** Stores other positions, each only where it is still `from`. Rejects while the store is away. */
  move(moves: readonly PositionMove[]): Promise<void>;
  /** A position was impossible in the log that is there: log and count it. */
  onMoved(move: PositionMove): void;
  /** Rejects while what it needs (the registry) is away. A promise only where it has to wait. */
  decode(record: KafkaRecord): Decoded<T> | Promise<Decoded<T>>;
  /** Applies items and steps together or not at all. */
  write(items: readonly T[], steps: readonly PositionStep[]): Promise<WriteResult>;
  /** Will never be applied: log and count it. */
  setAside(record: KafkaRecord, error: unknown): void;
  /** After a write of less than `belowRecords`, wait so long for more to come: fewer, larger transactions. */
  readonly rest: { readonly ms: number; readonly belowRecords: number };
  /** From one look at a log that seems to end too early to the next. Default: {@link betweenLooksMs}. */
  readonly betweenLooksMs?: number;
  /** Something is away; called for each try, to be logged. */
  onAway(error: unknown): void;
}

interface Item<T> {
  readonly record: KafkaRecord;
  readonly value: T | null;
}

const backOffMs = [100, 200, 500, 1_000, 2_000];

export class StoredWork<T> {
  private readonly options: StoredWorkOptions<T>;
  /** Of the leases that were assigned together. */
  private readonly positions = new WeakMap<PartitionLease, StoredPositions>();
  private readonly stopping = new AbortController();
  private away: string | null = null;
  private isGivenUp = false;

  constructor(options: StoredWorkOptions<T>) {
    this.options = options;
  }

  /** Null while the store answers, else what is wrong; what it said follows behind a colon. */
  problem(): string | null {
    return this.away === null ? null : `waits for what is away: ${this.away}`;
  }

  /** Where to begin. Waits for the store. An offset of 0 is left to Kafka: it means the beginning. */
  async assigned(leases: readonly AssignedLease[]): Promise<{ topic: string; partition: number; offset: number }[]> {
    const stored = await this.untilThere(
      () => this.possiblePositions(leases),
      () => true,
    );
    if (stored === null) throw new LeavingError('stopped before the positions were read');
    const positions = new StoredPositions();
    positions.assign(stored);
    for (const lease of leases) this.positions.set(lease, positions);
    return stored
      .filter(({ nextOffset }) => nextOffset > 0)
      .map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }));
  }

  /** What is stored, after what is impossible in the logs that are there was moved. */
  private async possiblePositions(leases: readonly AssignedLease[]): Promise<readonly Position[]> {
    const partitions = leases.map(({ topic, partition }) => ({ topic, partition }));
    const { stored, moves } = await this.compare(partitions, leases);
    if (moves.length === 0) return stored;
    await this.options.move(moves);
    for (const move of moves) if (move.reason !== 'adopted') this.options.onMoved(move);
    // Another member may have moved them first.
    return this.options.positions(partitions);
  }

  /**
   * A leader of before that does not know it yet tells of a log that ends too early. It is not believed at once: everything
   * behind its end would be applied a second time.
   */
  private async compare(partitions: readonly { topic: string; partition: number }[], leases: readonly AssignedLease[]) {
    const logs = new Map(leases.map((lease) => [nameOf(lease), lease]));
    for (let looks = 1; ; looks += 1) {
      const stored = await this.options.positions(partitions);
      const moves = stored.flatMap((kept) => {
        const log = logs.get(nameOf(kept));
        return (log === undefined ? null : positionMove(kept, log)) ?? [];
      });
      const ended = moves.filter(({ reason }) => reason === 'beyond_end');
      if (ended.length === 0 || looks === looksAtEnd) return { stored, moves };
      if (this.stopping.signal.aborted) throw new Error('stopped before it was known where the log ends');
      await this.pause(this.options.betweenLooksMs ?? betweenLooksMs);
      await Promise.all(ended.map(async (move) => logs.get(nameOf(move))?.lookAgain()));
    }
  }

  /** Returns when everything of these batches is stored, set aside, or somebody else's. */
  async work(batches: readonly RecordBatch[]): Promise<void> {
    const count = await this.workNow(batches);
    if (count !== null && count < this.options.rest.belowRecords) await this.pause(this.options.rest.ms);
  }

  /**
   * Its own function, so that what was decoded is garbage before the rest and not after it: by then it would have moved to where it
   * is dear to collect. @returns how many records, or null when not all of it is stored
   */
  private async workNow(batches: readonly RecordBatch[]): Promise<number | null> {
    const isOurs = () => batches.some(({ lease }) => lease.isHeld);
    const items = await this.untilThere(() => this.decodeAll(batches), isOurs);
    if (items === null) return null;
    if (!(await this.write(items, batches))) return null;
    for (const { lease, records } of batches) for (const { offset } of records) lease.complete(offset);
    return items.length;
  }

  /** From now on everything is tried once: a stop drains into a store that is there and does not wait for one. */
  beginStop(): void {
    this.stopping.abort();
  }

  private async decodeAll(batches: readonly RecordBatch[]): Promise<Item<T>[]> {
    const items: Item<T>[] = [];
    const undecodable: [KafkaRecord, unknown][] = [];
    for (const { records } of batches) {
      for (const record of records) {
        const answer = this.options.decode(record);
        const decoded = answer instanceof Promise ? await answer : answer;
        if (decoded.kind === 'undecodable') undecodable.push([record, decoded.error]);
        items.push({ record, value: decoded.kind === 'value' ? decoded.value : null });
      }
    }
    // Only now: a decode that rejects begins anew, and nothing is to be counted twice.
    for (const [record, error] of undecodable) this.options.setAside(record, error);
    return items;
  }

  /** Halves what cannot be stored until the record that is at fault stands alone. False: not all is stored. */
  private async write(items: readonly Item<T>[], batches: readonly RecordBatch[]): Promise<boolean> {
    const result = await this.tryWrite(items, batches);
    if (result?.kind !== 'unstorable') return result !== null;
    const [only] = items;
    if (items.length === 1 && only !== undefined && only.value !== null) {
      this.options.setAside(only.record, result.error);
      return this.write([{ record: only.record, value: null }], batches);
    }
    const middle = Math.ceil(items.length / 2);
    return (await this.write(items.slice(0, middle), batches)) && (await this.write(items.slice(middle), batches));
  }

  /** Null when the records are not ours any more. */
  private async tryWrite(items: readonly Item<T>[], batches: readonly RecordBatch[]): Promise<WriteResult | null> {
    const heldBatches = () => batches.filter(({ lease }) => lease.isHeld);
    const held = () => {
      const ours = new Set(heldBatches().map(({ lease }) => nameOf(lease)));
      return items.filter(({ record }) => ours.has(nameOf(record)));
    };
    return this.untilThere(
      async () => {
        for (;;) {
          // Those that are held were all assigned together.
          const [first] = heldBatches();
          if (first === undefined) return { kind: 'written' };
          const positions = this.positionsOf(first.lease);
          const { fresh, steps } = positions.plan(held().map(({ record }) => record));
          if (steps.length === 0) return { kind: 'written' };
          const isFresh = new Set(fresh);
          const values = items.filter(({ record }) => isFresh.has(record)).map(({ value }) => value);
          const result = await this.options.write(
            values.filter((value) => value !== null),
            steps,
          );
          if (result.kind === 'away') throw new AwayError(result.error);
          if (result.kind === 'written') positions.advance(steps);
          if (result.kind !== 'moved') return result;
          // The next stay may have found the log cut, and moved the position back: that is no concern of this one.
          if (first.lease.isHeld) positions.correct(result.stored);
        }
      },
      () => held().length > 0,
    );
  }

  private positionsOf(lease: PartitionLease): StoredPositions {
    const positions = this.positions.get(lease);
    if (positions === undefined) throw new TypeError(`no position of ${nameOf(lease)}: it was never assigned`);
    return positions;
  }

  /** Tries until it does not reject, with growing pauses; null when there is no point any more. */
  private async untilThere<R>(attempt: () => Promise<R>, isWanted: () => boolean): Promise<R | null> {
    for (let tries = 0; isWanted() && !this.isGivenUp; tries += 1) {
      try {
        const result = await attempt();
        this.away = null;
        return result;
      } catch (error) {
        if (isProgrammerError(error)) throw error;
        const cause = error instanceof AwayError ? error.cause : error;
        this.away = cause instanceof Error ? cause.message : String(cause);
        this.options.onAway(cause);
        // What comes after this must not be stored either: the position would pass what was left out.
        this.isGivenUp = this.stopping.signal.aborted;
        if (!this.isGivenUp) await this.pause(backOffMs[Math.min(tries, backOffMs.length - 1)] ?? 0);
      }
    }
    return null;
  }

  /** A stop ends it. */
  private async pause(delayMs: number): Promise<void> {
    await pause(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`;
}

class AwayError extends Error {
  constructor(cause: unknown) {
    super('the store is away', { cause });
  }
}

/** Neither a bug nor a position that was lost gets better by waiting: the process ends and begins anew. */
function isProgrammerError(error: unknown): boolean {
  return error instanceof PositionLostError || error instanceof TypeError || error instanceof ReferenceError;
}
