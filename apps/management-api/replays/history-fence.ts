/**
 * In: the end of webhook.events at a moment, and how far the projector is. Out: whether the history has all that was written until then. Holds: nothing
 * is said to be in the history that may not be there; what was noted is of this process, and noted anew by the next one.
 */
import type { Run } from '../../../libs/postgres/bulk.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { within } from '../../../libs/kafka/within.ts';
import { ProblemError } from '../http/problem-error.ts';

export interface HistoryFenceOptions {
  /** End offset of each partition of webhook.events. */
  readonly ends: () => Promise<ReadonlyMap<number, number>>;
  /** As it is called on this cluster. */
  readonly topic: string;
  /** The group of the projector. */
  readonly groupId: string;
}

interface Mark {
  readonly askedAt: number;
  ends: ReadonlyMap<number, number> | null;
  note: string;
}

const answerMs = 5_000;
/** Of replays that another process went on with. */
const marksMax = 1_000;

export class HistoryFence {
  private readonly options: HistoryFenceOptions;
  private readonly marks = new Map<string, Mark>();

  constructor(options: HistoryFenceOptions) {
    this.options = options;
  }

  /** What `ask` answered before the end was asked for. */
  async noted(key: string, ask: () => Promise<string>): Promise<string> {
    const known = this.marks.get(key);
    if (known !== undefined) return known.note;
    const mark = this.mark(key);
    mark.note = await ask();
    return mark.note;
  }

  /**
   * @param delayMs so long after it was first asked for the end is taken
   * @throws ProblemError kafka_unavailable when no broker says where the end is
   */
  async isPassed(key: string, run: Run, delayMs = 0): Promise<boolean> {
    const mark = this.marks.get(key) ?? this.mark(key);
    if (mark.ends === null) {
      if (monotonicMs() - mark.askedAt < delayMs) return false;
      mark.ends = await this.ends();
    }
    const { ends } = mark;
    const { topic, groupId } = this.options;
    const rows = await run<{ partition: number; next: number }>(
      `select partition, next_offset::float8 as next from consumer_offset where group_id = $1 and topic = $2`,
      [groupId, topic],
    );
    const next = new Map(rows.map((row) => [row.partition, row.next]));
    // Of a partition that has no leader just now nobody knows the end.
    if (rows.some(({ partition }) => !ends.has(partition))) mark.ends = null;
    const isPassed = mark.ends !== null && [...ends].every(([partition, end]) => (next.get(partition) ?? 0) >= end);
    if (isPassed) this.marks.delete(key);
    return isPassed;
  }

  /** All of this replay. */
  forget(replayId: string): void {
    for (const key of this.marks.keys()) if (key.startsWith(`${replayId} `)) this.marks.delete(key);
  }

  private mark(key: string): Mark {
    const mark: Mark = { askedAt: monotonicMs(), ends: null, note: '0' };
    this.marks.set(key, mark);
    const [oldest] = this.marks.keys();
    if (this.marks.size > marksMax && oldest !== undefined) this.marks.delete(oldest);
    return mark;
  }

  private async ends(): Promise<ReadonlyMap<number, number>> {
    const asked = this.options.ends();
    if (await within(answerMs, asked)) return asked;
    throw new ProblemError('kafka_unavailable', 'Kafka does not say where webhook.events ends.');
  }
}
