/**
 * Avro in the registry's wire format: one zero byte, the schema id (32 bits, big endian), the Avro binary.
 * Source: Confluent Schema Registry, "Wire format". The registry's own `decode` builds a resolver for every
 * record; here each writer schema gets one resolver, once. What is
 * read takes no longer than its bytes allow (bounded-avro.ts), whoever wrote it and by whatever schema.
 */
import avsc from 'avsc';
import type { JsonText } from '../domain/payload/json-text.ts';
import { boundedLists, boundedType, boundedViews } from './bounded-avro.ts';
import { jsonMaps } from './json-map.ts';

const magicByte = 0;
const headerBytes = 5;

/** Where values are written before their length is known. It grows with them: avsc's own has 1 KiB, and it writes what is larger twice. */
let scratch = Buffer.allocUnsafeSlow(16 * 1024);
const scratchBytesMax = 512 * 1024;

/** A value that is no Avro of ours: never retryable, the record is set aside. */
export class AvroDecodeError extends Error {
  readonly code = 'avro_decode';
  readonly retryable = false;
}

/** What a codec needs of the registry. */
export interface SchemaSource {
  /**
   * The schema of an id; null only when the registry is well and has none.
   * @throws AvroDecodeError for a schema that cannot be read; whatever else is thrown: ask again
   */
  schemaById(id: number): Promise<object | null>;
}

/** A verdict is asked for again after so long: a registry that was restored has its schemas back. */
const unreadableForMs = 30_000;
/** With more of them, verdicts that are old by now are forgotten. */
const schemasMax = 1_000;

/** What reads values, and does not write any. */
export type AvroReader<T> = Pick<AvroCodec<T>, 'knows' | 'decode' | 'learn' | 'decodeAsync'>;

/** Values of a record whose maps of texts may be JSON. */
export type WithJsonMaps<T> = {
  [Name in keyof T]: T[Name] extends Readonly<Record<string, string>> ? T[Name] | JsonText : T[Name];
};

interface Unreadable {
  readonly error: AvroDecodeError;
  readonly untilMs: number;
}

export class AvroCodec<T> {
  private readonly type: avsc.Type;
  private readonly schema: object;
  private readonly fields: readonly object[];
  /** Null: our own schema. With an error: one that cannot be had or read, for a while. */
  private readonly resolvers = new Map<number, avsc.Resolver | Unreadable | null>();
  private readonly now: () => number;
  /** Of what {@link encode} writes. */
  readonly schemaId: number;
  private readonly source: SchemaSource;

  /** @param typeHook what avsc makes of parts of the schema */
  constructor(
    schema: object,
    writerId: number,
    source: SchemaSource,
    now: () => number = () => performance.now(),
    typeHook: typeof boundedLists = boundedLists,
  ) {
    this.type = avsc.Type.forSchema(schema as avsc.Schema, { typeHook });
    this.schema = schema;
    this.fields = (schema as { fields?: readonly object[] }).fields ?? [];
    this.schemaId = writerId;
    this.source = source;
    this.now = now;
    this.resolvers.set(writerId, null);
  }

  encode(value: T): Buffer {
    const end = this.type.encode(value, scratch, headerBytes);
    const bytes = end < 0 ? scratch.length - end : end;
    const framed = Buffer.allocUnsafe(bytes);
    if (end >= 0) scratch.copy(framed, headerBytes, headerBytes, bytes);
    else {
      this.type.encode(value, framed, headerBytes);
      if (bytes <= scratchBytesMax) scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
    }
    framed.writeUInt8(magicByte, 0);
    framed.writeInt32BE(this.schemaId, 1);
    return framed;
  }

  /**
   * For a record type whose first fields are all of `base`: makes a value of it from one of `base` and the fields that
   * come after, without decoding. In Avro a record is its fields one after the other (specification, "Records"), so it
   * is the same bytes and then some. The function answers null for bytes of another version of `base`.
   */
  extension<Base>(base: AvroCodec<Base>): (framed: Buffer, more: Omit<T, keyof Base>) => Buffer | null {
    const { fields, schemaId } = this;
    base.fields.forEach((field, index) => {
      if (JSON.stringify(field) !== JSON.stringify(fields[index])) throw new Error('the types do not begin alike');
    });
    const restFields = fields.slice(base.fields.length);
    const rest = avsc.Type.forSchema({ type: 'record', name: 'Rest', fields: restFields } as avsc.Schema);
    const names = restFields.map((field) => (field as { name: keyof Omit<T, keyof Base> }).name);
    let last: Omit<T, keyof Base> | null = null;
    let lastBytes: Buffer = Buffer.alloc(0);
    return (framed, more) => {
      if (!isFramed(framed) || schemaIdOf(framed) !== base.schemaId) return null;
      // A burst is extended by the same fields, one value after the other.
      const before = last;
      if (before === null || names.some((name) => before[name] !== more[name])) lastBytes = rest.toBuffer(more);
      last = more;
      const extended = Buffer.allocUnsafe(framed.length + lastBytes.length);
      extended.set(framed);
      extended.set(lastBytes, framed.length);
      extended.writeInt32BE(schemaId, 1);
      return extended;
    };
  }

  /**
   * Reads the same values without these fields. They are passed over, which costs a part of what it takes to make their strings and
   * maps.
   */
  without<Name extends keyof T & string>(names: readonly Name[]): AvroReader<Omit<T, Name>> {
    const isKept = (field: object) => !(names as readonly unknown[]).includes((field as { name?: unknown }).name);
    const schema = { ...this.schema, fields: this.fields.filter(isKept) };
    const reader = new AvroCodec<Omit<T, Name>>(schema, this.schemaId, this.source, this.now);
    reader.resolvers.set(this.schemaId, reader.type.createResolver(this.type));
    return reader;
  }

  /** The same, but bytes are a part of what was read: for whoever keeps that as long. */
  withViews(): AvroCodec<T> {
    return new AvroCodec<T>(this.schema, this.schemaId, this.source, this.now, boundedViews);
  }

  /** Reads the same values with the JSON of their maps of texts, where that is made of their bytes at once. */
  withJsonMaps(): AvroReader<WithJsonMaps<T>> {
    return new AvroCodec<WithJsonMaps<T>>(this.schema, this.schemaId, this.source, this.now, jsonMaps);
  }

  /** False when {@link learn} should be called before {@link decode}: the schema is new, or its verdict is old. */
  knows(framed: Buffer): boolean {
    return !isFramed(framed) || this.isKnown(schemaIdOf(framed));
  }

  /**
   * Decodes when the writer's schema is known already, else returns null: call {@link learn} with the buffer
   * and decode again. Kept synchronous because it runs for every record.
   * @throws AvroDecodeError when the bytes are not a value of this schema
   */
  decode(framed: Buffer): T | null {
    const id = schemaIdOf(framed);
    const resolver = this.resolvers.get(id);
    if (resolver === undefined) return null;
    // However old the verdict is: null would be taken for a schema that is on its way.
    if (isUnreadable(resolver)) throw resolver.error;
    try {
      const body = framed.subarray(headerBytes);
      return (resolver === null ? this.type.fromBuffer(body) : this.type.fromBuffer(body, resolver)) as T;
    } catch (cause) {
      throw new AvroDecodeError(`not a value of schema ${id}`, { cause });
    }
  }

  /**
   * Fetches the writer schema of these bytes from the registry and keeps its resolver. A schema that the registry does
   * not have, or that cannot be read as ours, is remembered as such for a while: decoding then throws.
   * @throws when the registry is away: try again
   */
  async learn(framed: Buffer): Promise<void> {
    const id = schemaIdOf(framed);
    if (this.isKnown(id)) return;
    this.forgetOld();
    let schema: object | null;
    try {
      schema = await this.source.schemaById(id);
    } catch (error) {
      if (!(error instanceof AvroDecodeError)) throw error;
      this.resolvers.set(id, { error, untilMs: this.now() + unreadableForMs });
      return;
    }
    this.resolvers.set(id, this.resolverOf(id, schema));
  }

  /** Bytes of strangers may name four billion schemas. */
  private forgetOld(): void {
    if (this.resolvers.size < schemasMax) return;
    const now = this.now();
    for (const [id, resolver] of this.resolvers) {
      if (isUnreadable(resolver) && resolver.untilMs <= now) this.resolvers.delete(id);
    }
  }

  private isKnown(id: number): boolean {
    const resolver = this.resolvers.get(id);
    return resolver !== undefined && !(isUnreadable(resolver) && resolver.untilMs <= this.now());
  }

  private resolverOf(id: number, schema: object | null): avsc.Resolver | Unreadable {
    const untilMs = this.now() + unreadableForMs;
    if (schema === null) return { error: new AvroDecodeError(`the registry has no schema ${id}`), untilMs };
    try {
      return this.type.createResolver(avsc.Type.forSchema(schema as avsc.Schema, { typeHook: boundedType }));
    } catch (cause) {
      return { error: new AvroDecodeError(`schema ${id} cannot be read as this one`, { cause }), untilMs };
    }
  }

  /** {@link decode}, fetching the schema first when it is new or its verdict is old. */
  async decodeAsync(framed: Buffer): Promise<T> {
    if (!this.knows(framed)) await this.learn(framed);
    const value = this.decode(framed);
    if (value === null) throw new AvroDecodeError('schema was learned but is not known');
    return value;
  }
}

function isUnreadable(resolver: avsc.Resolver | Unreadable | null): resolver is Unreadable {
  return resolver !== null && 'untilMs' in resolver;
}

/** The schema id in the frame. @throws AvroDecodeError when there is no frame. */
export function schemaIdOf(framed: Buffer): number {
  if (framed.length < headerBytes || framed[0] !== magicByte) {
    throw new AvroDecodeError('not in the registry wire format');
  }
  return framed.readInt32BE(1);
}

/** True when the bytes begin like the registry's wire format. */
export function isFramed(value: Buffer): boolean {
  return value.length >= headerBytes && value[0] === magicByte;
}
