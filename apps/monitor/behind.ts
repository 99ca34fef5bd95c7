/**
 * How far what is known lies behind what there is. In: batches as they are fetched, and how far their records were
 * applied. Out: milliseconds, by partition. What must hold: never less than it is, as far as fetches tell: what was
 * written since the last one is counted as missing.
 */
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';

interface Fetched {
  readonly endOffset: number;
  /** Monotonic. */
  readonly at: number;
}

export class Behind {
  /** Of partitions that were ever fetched here: few. */
  private readonly fetched = new Map<string, Fetched>();
  private readonly now: () => number;
  private readonly clock: () => number;

  /** @param now Unix milliseconds  @param clock monotonic. Default: {@link monotonicMs} */
  constructor(now: () => number, clock: () => number = monotonicMs) {
    this.now = now;
    this.clock = clock;
  }

  saw({ lease, highWatermark }: RecordBatch): void {
    this.fetched.set(placeOf(lease), { endOffset: highWatermark, at: this.clock() });
  }

  /** @param next the first offset that is not known  @param newestAt of the record before it, Unix milliseconds */
  behindMs(place: string, next: number, newestAt: number): number {
    const fetched = this.fetched.get(place);
    if (fetched === undefined) return Infinity;
    const sinceFetchMs = this.clock() - fetched.at;
    return next >= fetched.endOffset ? sinceFetchMs : Math.max(sinceFetchMs, this.now() - newestAt);
  }
}

export function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`;
}
