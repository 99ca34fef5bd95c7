/**
 * In: a record of the parked lane, as it is read. Out: whether its delivery is done by it.
 * Holds: one owner for each delivery. The append of a process that was killed may land after its successor has released
 * the main lane, or be there twice after two kills: then the main record owns the delivery, or the first copy of it. A main
 * topic that was made anew gives the same offsets to other deliveries: a record parked before owns its own, whatever it names.
 */
import { spreadMax } from '../../../libs/kafka/consumer/completed-offsets.ts';
import { OffsetSet } from '../../../libs/kafka/consumer/offset-set.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import { mainOffsetHeader, mainTopicIdHeader, parkedByHeader } from '../reports.ts';

export interface OwnersOptions {
  /** Of who reads here: what it parked itself it never parks twice. */
  readonly name: string;
  /** True while the main lane is held. */
  isMainHeld(): boolean;
  /** What the main topic was at the assignment. */
  mainLog(): { readonly topicId: string | null; readonly endOffset: number };
  /** The main record is done by what is parked. */
  moved(mainOffset: number): void;
  /** True when the record at this offset of the parked lane was never read here. */
  isUnread(offset: number): boolean;
  /** Of the parked lane when this began. */
  readonly endOffset: number;
  /** True when the main record is, or will be, done by who reads here. @param isLate its copy landed late */
  isOfMain(mainOffset: number, isLate: boolean): boolean;
}

export class ParkedOwners {
  /** Main records that are parked, as was found before the main lane was released. */
  readonly moved = new OffsetSet();
  private highestMoved = 0;
  private readonly options: OwnersOptions;
  private readonly passedOver = new Set<number>();

  constructor(options: OwnersOptions) {
    this.options = options;
  }

  /** A stay begins. */
  begin(): void {
    this.moved.clear();
    this.highestMoved = 0;
  }

  isOwn({ headers }: KafkaRecord): boolean {
    return headers[parkedByHeader]?.toString() === this.options.name;
  }

  isOwner(record: KafkaRecord): boolean {
    if (this.passedOver.has(record.offset)) return false;
    if (!this.options.isUnread(record.offset)) return true;
    const mainOffset = this.mainOffsetOf(record);
    if (mainOffset === null) return true;
    // In the stay before half of what landed late may have been passed over: the rest, taken now, would overtake it.
    const isLate = !this.options.isMainHeld() || record.offset >= this.options.endOffset;
    const isOwner = this.isOwn(record) || !(this.moved.has(mainOffset) || this.options.isOfMain(mainOffset, isLate));
    if (!isOwner) this.passedOver.add(record.offset);
    else if (this.options.isMainHeld()) this.move(mainOffset);
    return isOwner;
  }

  /** Null when it names no record of the log that the main topic is now. */
  private mainOffsetOf({ headers }: KafkaRecord): number | null {
    const offset = Number(headers[mainOffsetHeader] ?? NaN);
    if (!Number.isSafeInteger(offset) || offset < 0) return null;
    const { topicId, endOffset } = this.options.mainLog();
    const named = headers[mainTopicIdHeader]?.toString() ?? null;
    if (named !== null && topicId !== null) return named === topicId ? offset : null;
    // Which log is not said. What was parked before the assignment came from below the end of then.
    return this.options.isMainHeld() && offset >= endOffset ? null : offset;
  }

  /** What lies further back than a commit can speak of was committed, and is not read again. */
  private move(mainOffset: number): void {
    this.highestMoved = Math.max(this.highestMoved, mainOffset);
    this.moved.add(mainOffset);
    this.moved.dropBelow(this.highestMoved - spreadMax);
    this.options.moved(mainOffset);
  }
}
