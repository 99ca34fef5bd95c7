/**
 * Which schema of a registry a value is written by. In: a record. Out: how the schema is named, and where the value itself begins.
 * Holds: a schema is taken from where the serializer wrote it, and from nowhere else.
 * Source: Confluent Schema Registry, "Wire format" and "Schema ID in header"; Apicurio Registry, "Serializers: header names".
 */
import type { HeaderBytes } from './event-attributes.ts';

/**
 * `id`: of four bytes, by the registry's Confluent-compatible API. `contentId`, `globalId`: of Apicurio. `long`: of eight bytes, one
 * of those two.
 */
export interface SchemaRef {
  readonly kind: 'id' | 'contentId' | 'globalId' | 'long' | 'guid';
  readonly id: string;
}

export interface RegistryFrame {
  readonly ref: SchemaRef;
  /** Bytes of the value before what is written by the schema. */
  readonly headBytes: number;
  /** Of Confluent, behind a GUID: which message of a Protobuf schema. Null: it is in the value. */
  readonly indexes: Buffer | null;
  /** Of Apicurio, beside ids in headers: the same, by name. */
  readonly messageName: string | null;
}

const inHeader = { indexes: null, messageName: null } as const;

/** Null: the bytes do not begin with an id. */
export function framePrefix(value: Buffer): RegistryFrame | null {
  if (value.length < 5 || value[0] !== 0) return null;
  const id = value.readInt32BE(1);
  if (id !== 0) return { ref: { kind: 'id', id: String(id) }, headBytes: 5, ...inHeader };
  const isLong = value.length >= 9 && value.readInt32BE(5) > 0;
  return {
    ref: isLong ? { kind: 'long', id: String(value.readInt32BE(5)) } : { kind: 'id', id: '0' },
    headBytes: isLong ? 9 : 5,
    ...inHeader,
  };
}

const apicurio = /^apicurio\.(?:registry\.)?(?:headers\.)?value\.(globalid|contentid)$/i;
const guid = /^__value_schema_id$/i;
const guidBytes = 17;

/** Null: no header names a schema in a way that can be looked up. */
export function frameInHeaders(headers: HeaderBytes): RegistryFrame | null {
  let frame: RegistryFrame | null = null;
  for (const [name, bytes] of Object.entries(headers)) {
    if (guid.test(name) && bytes.length >= guidBytes && bytes[0] === 1) {
      const hex = bytes.toString('hex', 1, guidBytes);
      const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      const indexes = bytes.length > guidBytes ? bytes.subarray(guidBytes) : null;
      return { ref: { kind: 'guid', id }, headBytes: 0, indexes, messageName: null };
    }
    const which = apicurio.exec(name)?.[1]?.toLowerCase();
    if (which === undefined || bytes.length !== 8) continue;
    const id = bytes.readBigInt64BE();
    if (id <= 0n || id > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    // Both name the same; that of the content is looked up in one step.
    if (frame !== null && which !== 'contentid') continue;
    const kind = which === 'contentid' ? 'contentId' : 'globalId';
    frame = { ref: { kind, id: String(id) }, headBytes: 0, ...inHeader };
  }
  return frame === null ? null : { ...frame, messageName: messageNameIn(headers) };
}

const messageNames = /^apicurio\.(?:registry\.)?value\.(?:protobuf\.type|protobuf\.typename|msgtype|messagetype)$/i;

/** A name of the schema, or of a Java class, whose last part is one. */
function messageNameIn(headers: HeaderBytes): string | null {
  const names = Object.entries(headers).filter(([name]) => messageNames.test(name));
  const [, bytes] = names.find(([name]) => /protobuf/i.test(name)) ?? names[0] ?? [];
  return bytes === undefined ? null : (bytes.toString('latin1').split(/[.$]/).at(-1) ?? null);
}
