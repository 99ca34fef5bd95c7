/**
 * Avro of any schema in the registry's wire format, as JSON text: platform services bring schemas of their own.
 *
 * Bytes and fixed become base64, except decimals, which become numbers with all of their digits; longs keep theirs too
 * (JSON.rawJSON). Unions are their value alone. NaN and the infinities, which JSON does not have, become null.
 */
import avsc from 'avsc';
import { AvroDecodeError, isFramed, schemaIdOf, type SchemaSource } from './avro-codec.ts';
import { boundedType } from './bounded-avro.ts';

const headerBytes = 5;
const idOfEightBytes =
  ', looks like an id of eight bytes, as serializers of Apicurio write it: set apicurio.registry.id-handler to ' +
  'io.apicurio.registry.serde.Default4ByteIdHandler, and apicurio.registry.use-id to contentId';
/** What the registry did not know is asked for again after this. */
const unknownForMs = 30_000;
const schemasMax = 10_000;
/** Longer decimals are not numbers any more: their bytes go on as base64. */
const decimalBytesMax = 64;

interface Unknown {
  readonly error: AvroDecodeError;
  readonly untilMs: number;
}

export class AnyAvro {
  private readonly types = new Map<number, avsc.Type | Unknown>();
  private readonly source: SchemaSource;
  /** Monotonic. */
  private readonly now: () => number;

  constructor(source: SchemaSource, now: () => number = () => performance.now()) {
    this.source = source;
    this.now = now;
  }

  /** True when {@link toJson} will not return null for these bytes (it may still throw). */
  knows(framed: Buffer): boolean {
    return !isFramed(framed) || this.find(schemaIdOf(framed)) !== null;
  }

  /**
   * The value as JSON text, or null when its schema has to be fetched first ({@link learn}).
   * @throws AvroDecodeError when there is no such schema, or the bytes are no value of it
   */
  toJson(framed: Buffer): string | null {
    const id = schemaIdOf(framed);
    const found = this.find(id);
    if (found === null) return null;
    if ('error' in found) throw found.error;
    try {
      return JSON.stringify(jsonOf(found, found.fromBuffer(framed.subarray(headerBytes))));
    } catch (cause) {
      throw new AvroDecodeError(`not a value of schema ${id}`, { cause });
    }
  }

  /** Fetches the schema of these bytes. @throws when the registry is away: try again */
  async learn(framed: Buffer): Promise<void> {
    const id = schemaIdOf(framed);
    if (this.find(id) !== null) return;
    if (this.types.size >= schemasMax) this.types.clear();
    this.types.set(id, await this.fetch(id));
  }

  private find(id: number): avsc.Type | Unknown | null {
    // The registry counts from 1; the bytes of no registry's value can name another.
    if (id <= 0) return this.unknown(`no schema can have the id ${id}${id === 0 ? idOfEightBytes : ''}`);
    const found = this.types.get(id);
    if (found === undefined) return null;
    return 'error' in found && found.untilMs <= this.now() ? null : found;
  }

  private async fetch(id: number): Promise<avsc.Type | Unknown> {
    let schema: object | null;
    try {
      schema = await this.source.schemaById(id);
    } catch (error) {
      // An answer of the registry, or its absence, has a status. What has none is a schema that cannot be read.
      if (error instanceof Error && 'status' in error) throw error;
      return this.unknown(`schema ${id} cannot be read`, error);
    }
    if (schema === null) return this.unknown(`the registry has no schema ${id}`);
    try {
      return avsc.Type.forSchema(withoutDefaults(schema) as avsc.Schema, {
        wrapUnions: 'always',
        registry: { long: exactLong },
        logicalTypes: { decimal: DecimalType },
        typeHook: boundedType,
      });
    } catch (cause) {
      return this.unknown(`schema ${id} is no Avro schema, of JSON Schema or Protobuf perhaps`, cause);
    }
  }

  private unknown(message: string, cause?: unknown): Unknown {
    return { error: new AvroDecodeError(message, { cause }), untilMs: this.now() + unknownForMs };
  }
}

/**
 * Defaults are for those who read by another schema than the writer's. Registries take some that do not fit their field, as Java does;
 * reading would be refused for them.
 */
export function withoutDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaults);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(([name]) => name !== 'default');
  return Object.fromEntries(members.map(([name, part]) => [name, withoutDefaults(part)]));
}

/** The same, as a hook of avsc: leaves them out of what it is about to read. */
export function dropDefaults(schema: avsc.Schema): undefined {
  if (typeof schema !== 'object' || Array.isArray(schema)) return undefined;
  const { fields } = schema as { fields?: unknown };
  const parts: unknown[] = [schema, ...(Array.isArray(fields) ? (fields as unknown[]) : [])];
  for (const part of parts) if (typeof part === 'object' && part !== null && 'default' in part) delete part.default;
  return undefined;
}

/** Marks the bytes that are decimals. Registered with the registry's client too, or it would drop the attribute. */
export class DecimalType extends avsc.types.LogicalType {
  readonly precision: number;
  readonly scale: number;

  constructor(schema: avsc.Schema, options?: object) {
    super(schema, options);
    const { precision, scale = 0 } = schema as { precision?: unknown; scale?: unknown };
    if (typeof precision !== 'number' || typeof scale !== 'number' || scale < 0 || scale > 1_000) {
      throw new TypeError('no decimal');
    }
    this.precision = precision;
    this.scale = scale;
  }

  protected override _fromValue(value: unknown): unknown {
    return value;
  }

  protected override _toValue(value: unknown): unknown {
    return value;
  }

  protected override _export(attributes: avsc.Schema): void {
    Object.assign(attributes as object, { precision: this.precision, scale: this.scale });
  }
}

const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object };

function jsonOf(type: avsc.Type, value: unknown): unknown {
  if (type instanceof DecimalType) return decimalOf(type, value as Buffer);
  if (type instanceof avsc.types.WrappedUnionType) return branchOf(type, value);
  if (type instanceof avsc.types.RecordType) {
    const record = value as Record<string, unknown>;
    return objectOf(type.fields.map((field) => [field.name, jsonOf(field.type, record[field.name])]));
  }
  if (type instanceof avsc.types.ArrayType) return (value as unknown[]).map((item) => jsonOf(type.itemsType, item));
  if (type instanceof avsc.types.MapType) {
    const members = Object.entries(value as Record<string, unknown>);
    return objectOf(members.map(([key, member]) => [key, jsonOf(type.valuesType as avsc.Type, member)]));
  }
  if (typeof value === 'bigint') return rawJSON(String(value));
  if (type instanceof avsc.types.FloatType) return shortestFloat(value as number);
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
}

/** As Java prints it: the fewest digits that are the same 32 bits, and not all that 64 bits make of them. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

/** A wrapped union is null or an object with one member, named after its branch. */
function branchOf(type: avsc.types.WrappedUnionType, value: unknown): unknown {
  if (value === null) return null;
  const [[name, inner] = []] = Object.entries(value as Record<string, unknown>);
  const branch = type.types.find((candidate) => candidate.branchName === name);
  if (branch === undefined) throw new TypeError('a union without its branch');
  return jsonOf(branch, inner);
}

function objectOf(members: [string, unknown][]): object {
  return Object.fromEntries(members);
}

/** Avro specification, "Decimal": two's complement, big endian, times 10^-scale. */
function decimalOf({ scale }: DecimalType, bytes: Buffer): unknown {
  if (bytes.length > decimalBytesMax) return bytes.toString('base64');
  const unscaled = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
  return rawJSON(`${unscaled < 0n ? '-' : ''}${whole}${fraction}`);
}
