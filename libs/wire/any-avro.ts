/**
 * Avro of any schema, as JSON text: platform services bring schemas of their own.
 *
 * Bytes and fixed become base64, except decimals, which become numbers with all of their digits; longs keep theirs too
 * (JSON.rawJSON). Unions are their value alone. NaN and the infinities, which JSON does not have, become null. Names that are none in Avro,
 * which Java may be told to take, are as they were (readable-avro.ts).
 */
import avsc from 'avsc';
import { boundedType } from './bounded-avro.ts';
import { decimalText } from './decimal-text.ts';
import { originalName, readableAvro } from './readable-avro.ts';
import { shortestFloat } from './shortest-float.ts';

/** @throws when the bytes are no value of the schema */
export type AvroReader = (bytes: Buffer) => string;

/** @param references schemas of types that it names. @throws Error when it is no schema that can be used */
export function avroReader(text: string, references: readonly string[]): AvroReader {
  const registry = { long: exactLong } as Record<string, avsc.Type>;
  const options = {
    wrapUnions: 'always',
    registry,
    logicalTypes: { decimal: DecimalType },
    typeHook: boundedType,
  } as const;
  const typeOf = (json: string) => avsc.Type.forSchema(readableAvro(schemaIn(json)) as avsc.Schema, options);
  for (const reference of references) typeOf(reference);
  const type = typeOf(text);
  return (bytes) => JSON.stringify(jsonOf(type, type.fromBuffer(bytes)));
}

/** The name of a primitive type may stand without quotes. */
function schemaIn(text: string): unknown {
  return /^\s*[[{"]/.test(text) ? (JSON.parse(text) as unknown) : text.trim();
}

/**
 * Defaults are for those who read by another schema than the writer's. Registries take some that do not fit their field, as Java does.
 * A hook of avsc that leaves them out of what it is about to read.
 */
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
  if (type instanceof DecimalType)
    return decimalText(value as Buffer, type.scale) ?? (value as Buffer).toString('base64');
  if (type instanceof avsc.types.WrappedUnionType) return branchOf(type, value);
  if (type instanceof avsc.types.RecordType) {
    const record = value as Record<string, unknown>;
    return objectOf(type.fields.map((field) => [originalName(field.name), jsonOf(field.type, record[field.name])]));
  }
  if (type instanceof avsc.types.ArrayType) return (value as unknown[]).map((item) => jsonOf(type.itemsType, item));
  if (type instanceof avsc.types.MapType) {
    const members = Object.entries(value as Record<string, unknown>);
    return objectOf(members.map(([key, member]) => [key, jsonOf(type.valuesType as avsc.Type, member)]));
  }
  if (type instanceof avsc.types.EnumType) return originalName(value as string);
  if (typeof value === 'bigint') return rawJSON(String(value));
  if (type instanceof avsc.types.FloatType) return shortestFloat(value as number);
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
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
