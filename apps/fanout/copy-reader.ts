/**
 * In: webhook.events, where everybody who fans out writes what became of each event. Out: the memory of copies as if this process had
 * fanned them out itself: after a start, and when it gets partitions that others had.
 * Holds: what is read is bounded in time, in records and by `readMsMax`; what is not read by then is not known, and its copies
 * are posted again under the `webhook-id` that they had.
 */
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { OffsetRange } from '../../libs/kafka/cluster/cluster-link.ts';
import { partitionKey } from '../../libs/kafka/cluster/cluster-link.ts';
import type { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import { TopicTail } from '../../libs/kafka/tail/topic-tail.ts';
import { troubleFields } from '../../libs/kafka/trouble.ts';
import { within } from '../../libs/kafka/within.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { AvroCodec, type SchemaSource } from '../../libs/wire/avro-codec.ts';
import { schemaFile } from '../../libs/wire/schema-files.ts';
import type { CopyMemory, Copyable } from './copy-memory.ts';

export interface CopyReaderOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly schemas: SchemaSource;
  readonly memory: Pick<CopyMemory, 'remember'>;
  /** Of what this version writes: nearly all that is there. */
  readonly schemaId: number;
  readonly windowMs: number;
  readonly eventsMax: number;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly readMsMax?: number;
}

interface PastEvent extends Copyable {
  readonly kind: string;
  readonly decisions: readonly { readonly decision: string }[];
}

/** So long a start or a rebalance waits for it. */
const readMsMaxDefault = 10_000;
/** Of what others did, at a rebalance. */
const laterWaitMs = 1_000;
const backOffMs = 250;
/** Schemas that are new are learned after the first time, and what is in them is read the second time. */
const passesMax = 2;
const noWriter = -1;

export class CopyReader {
  private readonly options: Required<CopyReaderOptions>;
  private readonly codec: AvroCodec<PastEvent>;
  /** As each value begins. */
  private readonly ownHead = Buffer.alloc(5);
  /** Where to read on. */
  private positions: ReadonlyMap<number, number> = new Map();
  private reading: Promise<void> | null = null;
  private hasRead = false;

  constructor(options: CopyReaderOptions) {
    this.options = { readMsMax: readMsMaxDefault, ...options };
    this.codec = new AvroCodec<PastEvent>(pastEventSchema(), noWriter, options.schemas);
    this.ownHead.writeInt32BE(options.schemaId, 1);
  }

  /**
   * Everything that others have fanned out since the last time, within the window. After a start it is waited for; later on for a
   * moment, since events wait meanwhile, and the rest of it follows.
   */
  async catchUp(): Promise<void> {
    const { windowMs, readMsMax } = this.options;
    if (windowMs === 0) return;
    const waitMs = this.hasRead ? Math.min(laterWaitMs, readMsMax) : readMsMax;
    this.reading ??= this.readInTime().finally(() => {
      this.reading = null;
      this.hasRead = true;
    });
    await within(waitMs, this.reading);
  }

  private async readInTime(): Promise<void> {
    const { readMsMax, logger } = this.options;
    if (await within(readMsMax, this.read(monotonicMs() + readMsMax))) return;
    logger.warn({ readMsMax }, 'not all copies of recent events are known: reading them took too long');
  }

  private async read(until: number): Promise<void> {
    while (monotonicMs() < until) {
      try {
        await this.codec.learn(this.ownHead);
        const from = await this.begin();
        for (let pass = 1; pass <= passesMax && (await this.readFrom(from, until)); pass += 1);
        return;
      } catch (error) {
        this.options.logger.debug(troubleFields(error), 'where to read what was fanned out is not known');
        await pauseFor(backOffMs);
      }
    }
  }

  private async begin(): Promise<ReadonlyMap<number, number>> {
    const { client, topic, windowMs, eventsMax, now } = this.options;
    const link = client.link();
    try {
      await link.connect([topic]);
      const partitions = link.partitionsOf(topic).map((partition) => ({ topic, partition }));
      const perPartitionMax = Math.ceil(eventsMax / Math.max(1, partitions.length));
      const [ranges, since] = await Promise.all([
        link.offsetRanges(partitions),
        link.offsetsSince(partitions, now() - windowMs),
      ]);
      return new Map(
        partitions.map((one) => {
          const range: OffsetRange = ranges.get(partitionKey(one)) ?? { start: 0, end: 0 };
          const inWindow = since.get(partitionKey(one)) ?? range.end;
          return [
            one.partition,
            Math.max(inWindow, range.end - perPartitionMax, this.positions.get(one.partition) ?? 0),
          ];
        }),
      );
    } finally {
      await link.close();
    }
  }

  /** @returns true when it has to be read again: there were schemas that were not known */
  private async readFrom(from: ReadonlyMap<number, number>, until: number): Promise<boolean> {
    const { client, topic, logger } = this.options;
    const unknown = new Map<number, Buffer>();
    const tail = new TopicTail(
      client,
      {
        topics: [topic],
        from,
        onRecord: (record) => {
          this.take(record, unknown);
        },
      },
      logger,
    );
    let standing: ReadonlyMap<number, number>;
    try {
      await within(Math.max(0, until - monotonicMs()), tail.start());
      standing = tail.standing();
    } finally {
      await tail.stop();
    }
    for (const value of unknown.values()) await this.codec.learn(value);
    if (unknown.size === 0) this.positions = standing;
    return unknown.size > 0;
  }

  private take({ value, timestampMs }: KafkaRecord, unknown: Map<number, Buffer>): void {
    if (value === null) return;
    try {
      const event = this.codec.decode(value);
      if (event !== null) this.remember(event, timestampMs);
      // A copy: the value is a slice of the whole fetched answer.
      else if (!unknown.has(value.readInt32BE(1))) unknown.set(value.readInt32BE(1), Buffer.from(value));
    } catch (error) {
      this.options.logger.debug({ error: String(error) }, 'a record of what was fanned out cannot be read');
    }
  }

  /** What was a copy itself says nothing of when the event came. */
  private remember(event: PastEvent, at: number): void {
    if (event.kind !== 'event') return;
    if (event.decisions.length > 0 && event.decisions.every(({ decision }) => decision === 'copy')) return;
    this.options.memory.remember(event, at);
  }
}

const wanted = ['eventKey', 'eventType', 'kind', 'data', 'decisions', 'sourceTopic', 'sourcePartition', 'sourceOffset'];

/** The fields that are looked at: the others are skipped, not made. */
function pastEventSchema(): object {
  const whole = schemaFile('webhook.events') as { fields: { name: string; type: unknown }[] };
  const fields = whole.fields.filter(({ name }) => wanted.includes(name));
  return { ...whole, fields: fields.map((field) => (field.name === 'decisions' ? decisionsOf(field) : field)) };
}

function decisionsOf(field: { name: string; type: unknown }): object {
  const { items } = field.type as { items: { fields: { name: string }[] } };
  const decision = { ...items, fields: items.fields.filter(({ name }) => name === 'decision') };
  return { ...field, type: { type: 'array', items: decision } };
}
