/**
 * In: records of platform topics. Out, of those that are not read as they are: the JSON of what a registry has the schema of, or
 * what the mapping of their topic makes of them.
 * Holds: a record without a mapping and without a schema costs a look at its first byte and at the name of its topic.
 */
import type { MappedEvent } from '../../domain/event/cloud-event.ts';
import { textOf } from '../../domain/event/event-data.ts';
import { jsonBehindFrame, registryFrameOf } from '../../domain/event/event-encoding.ts';
import { EventRefusal } from '../../domain/event/event-refusal.ts';
import { framePrefix, type RegistryFrame } from '../../domain/event/registry-frame.ts';
import type { RejectionReason } from '../../domain/event/rejection.ts';
import { AvroDecodeError } from '../avro-codec.ts';
import { awaitSchema } from '../await-schema.ts';
import type { RegistryValues } from '../registry-values.ts';
import type { MappableRecord } from './mapping-input.ts';
import type { Mappings } from './mappings.ts';
import { originOf } from './redriven.ts';
import type { Mapped, TopicMapping } from './topic-mapping.ts';

export type ReadValue =
  | { readonly json: string }
  | { readonly problem: string; readonly reason?: RejectionReason }
  | { readonly mapped: MappedEvent }
  | { readonly isSkipped: true };

/** What is mapped: all of it is text. */
interface Texts {
  readonly value: string;
  /** Of a key that has a schema. */
  readonly key: string | null;
}

export class RecordReader {
  private readonly values: RegistryValues;
  private readonly mappings: Mappings;
  /** What JSONata was asked last. */
  private asked: Promise<unknown> = Promise.resolve();

  constructor(values: RegistryValues, mappings: Mappings) {
    this.values = values;
    this.mappings = mappings;
  }

  /** False: the record is to be read as it is. */
  concerns(record: MappableRecord): boolean {
    return this.mappingOf(record) !== null || registryFrameOf(record) !== null;
  }

  /** Null: only {@link readInTheEnd} can tell. */
  read(record: MappableRecord): ReadValue | null {
    const mapping = this.mappingOf(record);
    try {
      if (mapping === null) return jsonValue(this.jsonOf(record));
      if (record.value === null) return { isSkipped: true };
      const texts = mapping.isAsynchronous ? null : this.textsOf(record, mapping);
      return texts === null ? null : valueOf(mapping.map(originOf(record), texts.value, texts.key));
    } catch (error) {
      return problemOf(error);
    }
  }

  /** Null: it has nothing to do with JSONata, or its schema is not known yet. */
  async readAhead(record: MappableRecord): Promise<ReadValue | null> {
    const mapping = this.mappingOf(record);
    if (mapping?.isAsynchronous !== true || record.value === null) return null;
    // An expression counts the steps of one record at a time.
    const answer = this.asked.then(() => this.mapLater(record, mapping));
    this.asked = answer.catch(() => undefined);
    return answer;
  }

  private async mapLater(record: MappableRecord, mapping: TopicMapping): Promise<ReadValue | null> {
    try {
      const texts = this.textsOf(record, mapping);
      return texts === null ? null : valueOf(await mapping.mapLater(originOf(record), texts.value, texts.key));
    } catch (error) {
      return problemOf(error);
    }
  }

  /** Waits for the registry, however long it is away. */
  async readInTheEnd(record: MappableRecord): Promise<ReadValue> {
    for (;;) {
      const read = this.read(record) ?? (await this.readAhead(record));
      if (read !== null) return read;
      for (const frame of [registryFrameOf(record), this.keyFrameOf(record)]) {
        if (frame !== null) await awaitSchema(this.values, frame);
      }
    }
  }

  /** Some mapping is asked by {@link readAhead}. */
  get readsAhead(): boolean {
    return this.mappings.isAsynchronous;
  }

  private mappingOf(record: MappableRecord): TopicMapping | null {
    return this.mappings.isEmpty ? null : this.mappings.find(originOf(record).topic);
  }

  /** Null: a schema is not known yet. */
  private textsOf(record: MappableRecord, mapping: TopicMapping): Texts | null {
    const bytes = record.value ?? nothing;
    const valueFrame = registryFrameOf(record);
    const value = valueFrame === null ? textOf(jsonBehindFrame(bytes) ?? bytes) : this.values.toJson(valueFrame, bytes);
    if (value === null) return null;
    const frame = mapping.usesKey && record.key !== null ? framePrefix(record.key) : null;
    if (frame === null || record.key === null) return { value, key: null };
    const behind = jsonBehindFrame(record.key);
    try {
      const key = behind === null ? this.values.toJson(frame, record.key) : textOf(behind);
      return key === null ? null : { value, key };
    } catch (error) {
      // Keys that are numbers begin with zeros too: what no schema is of is no frame.
      if (!(error instanceof AvroDecodeError)) throw error;
      return { value, key: null };
    }
  }

  /** Null: the key is not read, or needs no schema. */
  private keyFrameOf(record: MappableRecord): RegistryFrame | null {
    if (record.key === null || this.mappingOf(record)?.usesKey !== true) return null;
    return jsonBehindFrame(record.key) === null ? framePrefix(record.key) : null;
  }

  private jsonOf(record: MappableRecord): string | null {
    const frame = registryFrameOf(record);
    return frame === null || record.value === null ? null : this.values.toJson(frame, record.value);
  }
}

const nothing = Buffer.alloc(0);

function jsonValue(json: string | null): ReadValue | null {
  return json === null ? null : { json };
}

function valueOf(mapped: Mapped): ReadValue {
  switch (mapped.kind) {
    case 'event':
      return { mapped: mapped.event };
    case 'skipped':
      return { isSkipped: true };
    case 'misfit':
      return { problem: mapped.detail, reason: mapped.reason };
  }
}

function problemOf(error: unknown): ReadValue {
  if (error instanceof AvroDecodeError) return { problem: error.message };
  if (error instanceof EventRefusal) return { problem: error.message, reason: error.reason };
  throw error;
}
