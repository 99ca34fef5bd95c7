/**
 * Values that a registry has the schema of, as JSON text: Avro, Protobuf, and what JSON Schema serializers write. Platform services
 * bring schemas of their own.
 * Holds: a value is read by the schema that it names, and by no other; schemas that cannot be used reject their values with the cause.
 */
import type protobuf from 'protobufjs';
import type { RegistryFrame } from '../domain/event/registry-frame.ts';
import { isJson, looksLikeJson } from '../domain/event/event-encoding.ts';
import { avroReader, type AvroReader } from './any-avro.ts';
import { AvroDecodeError } from './avro-codec.ts';
import { UnreadableSchemaError, type ForeignSchema, type ForeignSchemaSource } from './foreign-schema.ts';
import { protobufJson } from './protobuf-json.ts';
import { ProtobufSchema } from './protobuf-schema.ts';
import { WireBytes, zigzag } from './protobuf-wire.ts';

/** What the registry did not know is asked for again after this. */
const unknownForMs = 30_000;
const schemasMax = 10_000;

type Known =
  | { readonly kind: 'avro'; readonly read: AvroReader }
  | { readonly kind: 'protobuf'; readonly schema: ProtobufSchema }
  | { readonly kind: 'json' }
  | { readonly kind: 'unknown'; readonly error: AvroDecodeError; readonly untilMs: number };

export class RegistryValues {
  private readonly known = new Map<string, Known>();
  private readonly source: ForeignSchemaSource;
  /** Monotonic. */
  private readonly now: () => number;

  constructor(source: ForeignSchemaSource, now: () => number = () => performance.now()) {
    this.source = source;
    this.now = now;
  }

  /** True when {@link toJson} will not return null for this frame (it may still throw). */
  knows(frame: RegistryFrame): boolean {
    return this.find(frame) !== null;
  }

  /**
   * The value as JSON text, or null when its schema has to be fetched first ({@link learn}).
   * @throws AvroDecodeError when there is no such schema, or the bytes are no value of it
   */
  toJson(frame: RegistryFrame, value: Buffer): string | null {
    const found = this.find(frame);
    if (found === null) return null;
    if (found.kind === 'unknown') throw found.error;
    const body = value.subarray(frame.headBytes);
    try {
      if (found.kind === 'avro') return found.read(body);
      if (found.kind === 'protobuf') return protobufValue(found.schema, frame, body);
    } catch (cause) {
      const why = cause instanceof NoMessage ? `: ${cause.message}` : '';
      throw new AvroDecodeError(`not a value of ${nameOf(frame)}${why}`, { cause });
    }
    if (looksLikeJson(body) && isJson(body)) return body.toString();
    throw new AvroDecodeError(`not a value of ${nameOf(frame)}, which is JSON Schema: it is no JSON`);
  }

  /** Fetches the schema of this frame. @throws when the registry is away: try again */
  async learn(frame: RegistryFrame): Promise<void> {
    if (this.find(frame) !== null) return;
    if (this.known.size >= schemasMax) this.known.clear();
    this.known.set(keyOf(frame), await this.fetch(frame));
  }

  private find(frame: RegistryFrame): Known | null {
    const { kind, id } = frame.ref;
    // The registry counts from 1; the bytes of no registry's value can name another.
    if (kind === 'id' && Number(id) <= 0) return this.unknown(`no schema can have the id ${id}`);
    const found = this.known.get(keyOf(frame));
    if (found === undefined) return null;
    return found.kind === 'unknown' && found.untilMs <= this.now() ? null : found;
  }

  private async fetch(frame: RegistryFrame): Promise<Known> {
    let schema: ForeignSchema | null;
    try {
      schema = await this.source.foreignSchema(frame.ref);
    } catch (error) {
      if (!(error instanceof UnreadableSchemaError)) throw error;
      return this.unknown(`${nameOf(frame)} cannot be read: ${error.message}`, error);
    }
    if (schema === null) return this.unknown(`the registry has no ${nameOf(frame)}`);
    try {
      return readerOf(schema);
    } catch (cause) {
      const why = cause instanceof Error ? `: ${cause.message.slice(0, 200)}` : '';
      return this.unknown(`${nameOf(frame)} cannot be used as ${schema.type}${why}`, cause);
    }
  }

  private unknown(message: string, cause?: unknown): Known {
    return { kind: 'unknown', error: new AvroDecodeError(message, { cause }), untilMs: this.now() + unknownForMs };
  }
}

/** @throws when the schema cannot be used */
function readerOf({ type, text, references }: ForeignSchema): Known {
  switch (type) {
    case 'AVRO':
      return {
        kind: 'avro',
        read: avroReader(
          text,
          references.map((one) => one.text),
        ),
      };
    case 'PROTOBUF':
      return { kind: 'protobuf', schema: new ProtobufSchema(text, references) };
    case 'JSON':
      return { kind: 'json' };
  }
}

class NoMessage extends Error {}

function protobufValue(schema: ProtobufSchema, { indexes, messageName }: RegistryFrame, body: Buffer): string {
  if (messageName !== null) return protobufJson(required(schema.byName(messageName)), body);
  if (indexes !== null) return protobufJson(required(schema.byIndexes(indexesIn(new WireBytes(indexes)))), body);
  const byRef = behindRef(schema, body);
  if (byRef !== null) return protobufJson(byRef.type, byRef.body);
  const wire = new WireBytes(body);
  return protobufJson(required(schema.byIndexes(indexesIn(wire))), wire.rest);
}

function required(type: protobuf.Type | null): protobuf.Type {
  if (type === null) throw new NoMessage('the schema has no such message');
  return type;
}

/** A count and so many numbers, zigzag; a single zero is the first message. */
function indexesIn(wire: WireBytes): readonly number[] {
  const number = () => Number(zigzag(wire.varint()));
  const count = number();
  if (count === 0) return [0];
  if (count < 0 || count > 100) throw new NoMessage('no message indexes before it');
  return Array.from({ length: count }, number);
}

/** Apicurio writes a message `Ref { string name = 1; }` with its length before the value. Null: it is not that. */
function behindRef(
  schema: ProtobufSchema,
  body: Buffer,
): { readonly type: protobuf.Type; readonly body: Buffer } | null {
  const length = body[0] ?? 0;
  const nameLength = body[2] ?? 0;
  if (length < 3 || length > 127 || body[1] !== 0x0a || nameLength !== length - 2 || body.length < length + 1)
    return null;
  const type = schema.byName(body.toString('latin1', 3, length + 1));
  return type === null ? null : { type, body: body.subarray(length + 1) };
}

function keyOf({ ref }: RegistryFrame): string {
  return `${ref.kind} ${ref.id}`;
}

const names = {
  id: 'schema',
  contentId: 'content',
  globalId: 'version of the global id',
  long: 'schema of the long id',
  guid: 'schema',
};

function nameOf({ ref }: RegistryFrame): string {
  return `${names[ref.kind]} ${ref.id}`;
}
