/**
 * What the stamps of one fetch tell of the records behind it. In: what was fetched. Out: which stamps are believed (what
 * lies behind was written no earlier than the newest believed record), and which records are in the way of those behind.
 * Holds: the stamps are of the clocks of other hosts, the order is that of the log. A stamp from the future, or one that
 * is newer than those of the last two records, tells nothing of what follows.
 */
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import { clocksApartMsMax } from './due-times.ts';

type Stamped = Pick<KafkaRecord, 'timestampMs'>;

export class LogOrder {
  /** Up to here a stamp is believed. Unix milliseconds, as all here. */
  private readonly believedUntil: number;
  private readonly future: number;
  private readonly lastTwoFrom: number;
  private readonly isMostBelieved: boolean;

  /** @param isRoomy false: only the future is not believed, since reading on for nothing takes memory */
  constructor(records: readonly Stamped[], wallNow: number, isRoomy: boolean) {
    this.future = wallNow + clocksApartMsMax;
    // Two: the last one has nothing behind it that could contradict it.
    this.lastTwoFrom = Math.max(0, records.length - 2);
    const newest = Math.min(...records.slice(this.lastTwoFrom).map(({ timestampMs }) => timestampMs));
    this.believedUntil = isRoomy ? Math.min(this.future, newest + clocksApartMsMax) : this.future;
    this.isMostBelieved = 2 * records.filter((record) => this.isBelieved(record)).length > records.length;
  }

  isBelieved({ timestampMs }: Stamped): boolean {
    return timestampMs <= this.believedUntil;
  }

  /**
   * Stamped later than it was written: it would keep its place for so much longer. Where most look like that, it is the
   * last records that are stamped too early.
   */
  isInTheWay(record: Stamped, index: number): boolean {
    if (record.timestampMs > this.future) return true;
    return this.isMostBelieved && index < this.lastTwoFrom && !this.isBelieved(record);
  }
}
