/**
 * How the value of a record is encoded, as its headers and its first bytes tell. In: a record. Out: its content type, by which
 * schema of a registry it is written, the JSON in it, or what it looks like when it is none of that.
 * Holds: a schema id is taken from where the serializer wrote it, and from nowhere else: bytes are never read by another schema.
 * Source: Confluent Schema Registry, "Wire format" and "Schema ID in header"; Apicurio Registry, "Serializers: header names".
 */
import { isUtf8 } from 'node:buffer';
import { HeaderAttributes, unquoted, type HeaderBytes } from './event-attributes.ts';
import { EventRefusal } from './event-refusal.ts';
import { frameInHeaders, framePrefix, type RegistryFrame } from './registry-frame.ts';

export interface EncodedRecord {
  readonly value: Buffer | null;
  readonly headers: HeaderBytes;
}

/** Bytes before a value: a zero byte, and an id of four bytes (Confluent) or of eight (Apicurio). */
const framesBytes = [5, 9] as const;

/** In lower case; null when nothing says it. `ce_datacontenttype` stands in for a header that is missing. */
export function contentTypeOf(headers: HeaderBytes, attributes = new HeaderAttributes(headers)): string | null {
  let found: Buffer | undefined;
  for (const [name, value] of Object.entries(headers)) {
    if ((name.length !== 12 && name.length !== 11) || !/^content[-_]?type$/i.test(name)) continue;
    if (found === undefined || name.toLowerCase() === 'content-type') found = value;
  }
  if (found !== undefined && found.length > 0) return unquoted(found.toString('latin1').trim()).toLowerCase();
  if (!attributes.isAny) return null;
  const other = attributes.get('datacontenttype');
  return typeof other === 'string' && other !== '' ? other.trim().toLowerCase() : null;
}

export function isJsonType(contentType: string): boolean {
  return /^(?:[^;]*[/+])?json\s*(;|$)/i.test(contentType);
}

/** How a serializer of a registry wrote the value: the caller decodes it to JSON before parsing. Null: it is read as it is. */
export function registryFrameOf({ value, headers }: EncodedRecord): RegistryFrame | null {
  if (value === null || value.length === 0) return null;
  const isNamed = schemaIdHeader(headers) !== null;
  if (!isNamed && value[0] !== 0) return null;
  let contentType: string | null;
  try {
    contentType = contentTypeOf(headers);
  } catch (error) {
    // Whoever parses it says so.
    if (error instanceof EventRefusal) return null;
    throw error;
  }
  const isTyped = contentType !== null && /avro|protobuf/.test(contentType);
  if (!isNamed) {
    if (contentType === null) return jsonBehindFrame(value) === null ? framePrefix(value) : null;
    return isTyped ? framePrefix(value) : null;
  }
  if (isTyped) return frameInHeaders(headers);
  // JSON needs no schema, and what is of another type goes on as bytes.
  const mayBeJson =
    contentType === null || isJsonType(contentType) || contentType.startsWith('application/cloudevents');
  return mayBeJson && !(looksLikeJson(value) && isJson(value)) ? frameInHeaders(headers) : null;
}

/** What a JSON Schema serializer writes is JSON behind the id of its schema. Null: it is not that. */
export function jsonBehindFrame(value: Buffer): Buffer | null {
  if (value[0] !== 0) return null;
  for (const bytes of framesBytes) {
    const json = value.subarray(bytes);
    if (looksLikeJson(json) && isJson(json)) return json;
  }
  return null;
}

/** An object or a list, by its first characters. */
export function looksLikeJson(bytes: Buffer): boolean {
  let at = hasByteOrderMark(bytes) ? 3 : 0;
  while (at < bytes.length && /\s/.test(String.fromCharCode(bytes[at] as number))) at += 1;
  return bytes[at] === 0x7b || bytes[at] === 0x5b;
}

export function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

export function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString('utf8', hasByteOrderMark(bytes) ? 3 : 0));
    return true;
  } catch {
    return false;
  }
}

const idHeaders: readonly { readonly name: RegExp; readonly advice: string }[] = [
  {
    name: /^__value_schema_id$/i,
    advice:
      'set value.schema.id.serializer to io.confluent.kafka.serializers.schema.id.PrefixSchemaIdSerializer in the producer',
  },
  {
    name: /^apicurio\.(registry\.)?(headers\.)?value\.(globalid|contentid|contenthash|artifactid|version)$/i,
    advice: 'set apicurio.registry.headers.enabled to false in the producer',
  },
];

const underscore = 95;
const letterA = 97;

/** The header in which a serializer wrote the id of the value's schema, and how to have it in the value. */
export function schemaIdHeader(headers: HeaderBytes): { readonly name: string; readonly advice: string } | null {
  for (const name of Object.keys(headers)) {
    // Of every record: most of their names begin with neither.
    const first = name.charCodeAt(0);
    if (first !== underscore && (first | 32) !== letterA) continue;
    const found = idHeaders.find((one) => one.name.test(name));
    if (found !== undefined) return { name, advice: found.advice };
  }
  return null;
}

const looks: readonly { readonly begins: readonly number[]; readonly like: string }[] = [
  { begins: [0xff, 0xfe], like: 'UTF-16: produce UTF-8' },
  { begins: [0xfe, 0xff], like: 'UTF-16: produce UTF-8' },
  { begins: [0x7b, 0x00], like: 'UTF-16: produce UTF-8' },
  { begins: [0x5b, 0x00], like: 'UTF-16: produce UTF-8' },
  { begins: [0x00, 0x7b, 0x00], like: 'UTF-16: produce UTF-8' },
  { begins: [0x00, 0x5b, 0x00], like: 'UTF-16: produce UTF-8' },
  { begins: [0x1f, 0x8b], like: 'gzip: let Kafka compress (compression.type) instead of the application' },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], like: 'zstd: let Kafka compress (compression.type) instead of the application' },
  { begins: [0xac, 0xed, 0x00, 0x05], like: 'a serialized Java object: set a JSON serializer' },
  { begins: [0x80, 0x03], like: 'a pickled Python object: write JSON' },
  { begins: [0x80, 0x04], like: 'a pickled Python object: write JSON' },
  { begins: [0x80, 0x05], like: 'a pickled Python object: write JSON' },
  { begins: [0xc3, 0x01], like: 'Avro in its single-object encoding: produce Avro in the registry wire format' },
  { begins: [0x4f, 0x62, 0x6a, 0x01], like: 'an Avro container file: produce Avro in the registry wire format' },
  { begins: [0x03, 0x00], like: 'a value of the AWS Glue Schema Registry, which is not read' },
  { begins: [0x03, 0x05], like: 'a value of the AWS Glue Schema Registry, which is not read' },
  { begins: [0x3c], like: 'XML: set content-type to application/xml' },
];

/** Such as `, looks like gzip: …`; empty when nothing is known of such bytes. */
export function likeness(bytes: Buffer): string {
  const found = looks.find(({ begins }) => begins.every((byte, index) => bytes[index] === byte));
  if (found !== undefined) return `, looks like ${found.like}`;
  if (bytes[0] === 0 && bytes.length > framesBytes[0]) {
    return ', looks like a value of a schema registry (a zero byte, then an id): set content-type to application/avro or application/protobuf if it is one of them';
  }
  return isLatin(bytes) ? ', looks like ISO-8859-1 or Windows-1252: produce UTF-8' : '';
}

/** Text but for letters beyond ASCII, which are no UTF-8. */
function isLatin(bytes: Buffer): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return looksLikeJson(bytes) && !isUtf8(bytes) && !/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(bytes.toString('latin1'));
}
