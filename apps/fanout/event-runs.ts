/**
 * In: batches of platform events, as many as wait. Out: what they become, acknowledged by Kafka; then their offsets are
 * complete.
 * Holds: the events of a partition are written in its order for each webhook; what one webhook gets in heaps waits in
 * the backlog and is written in portions, between which the others are served; it counts as in memory until then.
 *
 * Reading an event and finding its webhooks costs a tenth of what is done for it afterwards, here and in every app
 * behind. So a partition is read on past a burst, and what a burst costs is spread over a few seconds as long as others
 * would feel it: nobody's endpoint takes thousands of deliveries in one.
 */
import { setTimeout as pauseFor, setImmediate as otherEvents } from 'node:timers/promises';
import { mayBeAvro } from '../../libs/domain/cloud-event.ts';
import type { BatchPump } from '../../libs/kafka/batch-pump.ts';
import type { KafkaRecord, RecordBatch } from '../../libs/kafka/record.ts';
import type { AnyAvro } from '../../libs/wire/any-avro.ts';
import { AvroDecodeError } from '../../libs/wire/avro-codec.ts';
import { learnInTheEnd } from '../../libs/wire/learn-in-the-end.ts';
import { Backlog } from './backlog.ts';
import type { DecodedAvro, EventHandler } from './event-handler.ts';
import { Slice, type EventWriter, type Source } from './event-writer.ts';

/** Of one webhook, in one run: beyond that its events wait. A run takes some milliseconds, so that is a burst. */
const perRunMax = 16;
/** Written together while others are served; else whole slices. */
const portionEvents = 32;
/** After a portion, so many times as long as that took. */
const restFactor = 3;
/** After a run that wrote nothing, in milliseconds. */
const readRestMs = 2;
/** Others are being served when an event of theirs was written past the backlog so lately. */
const servedMs = 250;
/** So long a backlog is written in portions. One that lasts is no burst, but what there is to do. */
const portionsMs = 5_000;

export interface EventRunsOptions {
  readonly handler: EventHandler;
  readonly avro: AnyAvro;
  readonly writer: EventWriter;
  readonly now: () => number;
  /** Resting between portions. Default: by the clock. */
  readonly pause?: (ms: number) => Promise<unknown>;
  /** What the backlog holds counts there. While it is full the backlog comes before everything else. */
  readonly memory: Pick<BatchPump, 'keep' | 'letGo' | 'isFull'>;
  /** The backlog cannot be written any more: nothing behind it may be taken for done. */
  readonly onError: (error: unknown) => void;
}

interface Waiting extends Source {
  readonly avro: DecodedAvro | null;
}

export class EventRuns {
  private readonly options: EventRunsOptions;
  private readonly backlog = new Backlog<Waiting>({ perRunMax, servedMs });
  private working: Promise<void> | null = null;
  /** When the present backlog began. */
  private since = 0;

  constructor(options: EventRunsOptions) {
    this.options = options;
  }

  /**
   * Resolves when everything in `batches` is written or waits in the backlog. Rejects only when nothing can be written
   * any more, at the end of the process.
   */
  async work(batches: readonly RecordBatch[]): Promise<void> {
    const { handler, writer, now } = this.options;
    const startedAt = now();
    this.backlog.beginRun();
    let slice = new Slice();
    let writing: Promise<void> | null = null;
    for (const { lease, records } of batches) {
      for (const record of records) {
        // The partition went to another member, who reads these again.
        if (!lease.isHeld) break;
        const isAvro = mayBeAvro(record);
        let avro = isAvro ? this.decoded(record) : null;
        while (isAvro && avro === null) {
          // Without the registry nobody can tell what this is: the stream waits here, and the events wait in Kafka.
          if (!slice.isEmpty) writing = writer.write(slice);
          slice = new Slice();
          if (record.value !== null) await learnInTheEnd(this.options.avro, record.value);
          avro = this.decoded(record);
        }
        const read = handler.read(record, avro);
        if (!this.backlog.mayPass(read.webhookIds, startedAt)) {
          this.wait({ lease, record, avro }, read.webhookIds);
          continue;
        }
        slice.add({ lease, record }, handler.handle(record, avro, read));
        if (!slice.isFull) continue;
        const before = writing;
        writing = writer.write(slice);
        // Nothing is left unwritten while this waits: the backlog may go on meanwhile, and must not overtake it.
        slice = new Slice();
        await before;
      }
    }
    if (!slice.isEmpty) writing = writer.write(slice);
    // All of it is a burst: reading it may take its time, and others have theirs.
    await (writing ?? (this.options.pause ?? pauseFor)(readRestMs));
  }

  /** Before partitions are given up: what waits is read again by whoever gets them, what is under way is written. */
  async drain(): Promise<void> {
    for (const { lease, record } of this.backlog.clear()) this.options.memory.letGo(lease, bytesOf(record));
    await this.working;
  }

  private wait(event: Waiting, webhookIds: readonly string[]): void {
    this.backlog.wait(event, webhookIds);
    this.options.memory.keep(event.lease, bytesOf(event.record));
    if (this.working !== null) return;
    this.since = this.options.now();
    this.working = this.workBacklog().catch((error: unknown) => {
      this.options.onError(error);
    });
  }

  private async workBacklog(): Promise<void> {
    try {
      // The run that is under way has to write first what it let pass.
      await otherEvents();
      while (this.backlog.size > 0) await this.writeAll();
    } finally {
      // Not a moment later: what waits from now on needs somebody who works it.
      this.working = null;
    }
  }

  private async writeAll(): Promise<void> {
    const { now, writer, pause = pauseFor } = this.options;
    let before: Promise<void> | null = null;
    while (this.backlog.size > 0) {
      const startedAt = now();
      const isShared = this.isShared();
      const slice = this.nextSlice(isShared ? portionEvents : Infinity);
      if (slice.isEmpty) continue; // of partitions that others have
      const writing = writer.write(slice);
      // On its own the next slice is made while this one is acknowledged.
      await (isShared ? writing : (before ?? otherEvents()));
      before = writing;
      if (this.backlog.size > 0 && this.isShared()) await pause(Math.max(1, now() - startedAt) * restFactor);
    }
    await before;
  }

  private isShared(): boolean {
    const now = this.options.now();
    return now - this.since < portionsMs && !this.options.memory.isFull && this.backlog.isOfFew(now);
  }

  private nextSlice(eventsMax: number): Slice {
    const { handler, memory } = this.options;
    const slice = new Slice();
    for (let count = 0; count < eventsMax && !slice.isFull; count += 1) {
      const [next] = this.backlog.take(1);
      if (next === undefined) break;
      const { lease, record, avro } = next;
      memory.letGo(lease, bytesOf(record));
      if (lease.isHeld) slice.add(next, handler.handle(record, avro));
    }
    return slice;
  }

  /** Null: its schema was not learned yet. */
  private decoded({ value }: KafkaRecord): DecodedAvro | null {
    if (value === null) return null;
    try {
      const json = this.options.avro.toJson(value);
      return json === null ? null : { json };
    } catch (error) {
      if (error instanceof AvroDecodeError) return { problem: error.message };
      throw error;
    }
  }
}

function bytesOf({ key, value }: KafkaRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
