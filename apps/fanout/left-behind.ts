/**
 * Events that wait for a partition that cannot be written to, while others go on. In: slices of which something is open, and
 * how their records end. Out: whether there is room for more, and the report of those that end after all.
 * Holds: bounded in events and bytes; what ends gives its room back at once; what is withdrawn is nobody's any more here.
 */
import type { PartitionLease } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import type { FanOutReport } from './fan-out-report.ts';
import type { Flight } from './flight.ts';
import { sliceEventsMax, type SliceEvent } from './slice.ts';

const eventsMax = 2_000;
const bytesMax = 16 * 1024 * 1024;

export class LeftBehind {
  private readonly report: FanOutReport;
  private readonly logger: Logger;
  private readonly flights = new Set<Flight>();
  private events = 0;
  private bytes = 0;
  /** Ended in this turn, and not reported yet. */
  private ending: SliceEvent[] = [];

  constructor(report: FanOutReport, logger: Logger) {
    this.report = report;
    this.logger = logger;
  }

  get isEmpty(): boolean {
    return this.events === 0;
  }

  /** @param isSilent no broker answers: then there is nobody to go on for, and it is one slice at most */
  hasRoomFor({ open }: Flight, isSilent: boolean): boolean {
    let bytes = this.bytes;
    for (const { openBytes, source } of open) bytes += openBytes + (source.record.value?.length ?? 0);
    return this.events + open.size <= (isSilent ? sliceEventsMax : eventsMax) && bytes <= bytesMax;
  }

  add(flight: Flight): void {
    const [first] = flight.open;
    if (this.isEmpty && first !== undefined) {
      const { topic, partition, offset } = first.source.record;
      this.logger.warn(
        { topic, partition, offset, events: flight.open.size },
        'a partition cannot be written to: the events that need it are left behind, the others go on',
      );
    }
    this.flights.add(flight);
    for (const event of flight.open) {
      event.leave();
      this.events += 1;
      this.bytes += event.openBytes;
    }
  }

  settled(event: SliceEvent, bytes: number): void {
    if (event.isLeft) this.bytes -= bytes;
  }

  /** To be told of every event that ends, left behind or not, after its flight. */
  ended(event: SliceEvent, flight: Flight): void {
    if (!event.isLeft) return;
    event.isLeft = false;
    this.events -= 1;
    this.bytes -= event.openBytes;
    if (flight.open.size === 0) this.flights.delete(flight);
    this.ending.push(event);
    if (this.ending.length === 1)
      setImmediate(() => {
        this.tell();
      });
  }

  /** False when nothing of these partitions is left behind. */
  withdraw(leases: ReadonlySet<PartitionLease>): boolean {
    let isAny = false;
    for (const flight of this.flights) {
      if (![...flight.open].some(({ source }) => leases.has(source.lease))) continue;
      isAny = true;
      this.flights.delete(flight);
      for (const event of flight.open) {
        event.isLeft = false;
        this.events -= 1;
        this.bytes -= event.openBytes;
      }
      flight.open.clear();
      flight.withdrawal.abort();
    }
    return isAny;
  }

  private tell(): void {
    const { ending } = this;
    this.ending = [];
    this.report.written(ending);
  }
}
