/**
 * Protobuf as JSON text. In: bytes, and their message type. Out: the value by the names of the .proto file.
 *
 * 64-bit integers keep their digits and are numbers; bytes become base64, enums their names, NaN and the infinities null. Fields without
 * presence have their default when they are not written; others are left out. Well-known types are as JSON has them: a Timestamp is
 * RFC 3339, a wrapper its value, a Struct an object.
 * Holds: the result is no larger than its bytes allow, whatever schema it is read by.
 * Source: Protocol Buffers, "Encoding" and "ProtoJSON format", but for the names and for integers, which are texts there.
 */
import protobuf from 'protobufjs';
import { decimalText } from './decimal-text.ts';
import { shortestFloat } from './shortest-float.ts';
import { WireBytes, type WireType, zigzag } from './protobuf-wire.ts';

/** Messages inside each other. */
const depthMax = 100;
/** More fields than bytes that a value may have: those with a default take none. */
const fieldsOfNothingMax = 10_000;
/** Names of fields and of enum values are written again with each: of all of them so many characters for each such field. */
const charsPerFieldMax = 64;
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object };

/** @throws Error when they are no such message */
export function protobufJson(type: protobuf.Type, bytes: Buffer): string {
  return JSON.stringify(new MessageReading(bytes.length).message(type, bytes, 0));
}

class MessageReading {
  private fieldsLeft: number;
  private charsLeft: number;

  constructor(bytes: number) {
    this.fieldsLeft = bytes + fieldsOfNothingMax;
    this.charsLeft = this.fieldsLeft * charsPerFieldMax;
  }

  message(type: protobuf.Type, bytes: Buffer, depth: number): unknown {
    if (depth > depthMax) throw new RangeError(`nested deeper than ${depthMax} levels`);
    this.fieldsLeft -= type.fieldsArray.length + 1;
    if (this.fieldsLeft < 0) throw new RangeError('more fields than bytes');
    this.writeNames(charsOf(type));
    const found = this.found(type, bytes, depth);
    const members: [string, unknown][] = [];
    for (const field of type.fieldsArray) {
      const value = found.get(field.id);
      if (value !== undefined) members.push([field.name, this.whole(field, value, depth)]);
      else if (!hasPresence(field)) members.push([field.name, defaultOf(field)]);
    }
    const message: Members = Object.fromEntries(members);
    return wellKnown(type, message);
  }

  private writeNames(chars: number): void {
    this.charsLeft -= chars;
    if (this.charsLeft < 0) throw new RangeError('its names are longer than its bytes allow');
  }

  private scalar(field: protobuf.Field, type: string, wire: WireBytes): unknown {
    const value = scalar(field, type, wire);
    if (field.resolvedType instanceof protobuf.Enum && typeof value === 'string') this.writeNames(value.length);
    return value;
  }

  /** By field number: a value, or, of what may come in pieces, a list of all. */
  private found(type: protobuf.Type, bytes: Buffer, depth: number): ReadonlyMap<number, unknown> {
    const found = new Map<number, unknown>();
    const chosen = new Map<protobuf.OneOf, number>();
    const wire = new WireBytes(bytes);
    while (!wire.isAtEnd) {
      const [id, wireType] = wire.tag();
      const field = type.fieldsById[id];
      if (field === undefined || !fits(field, wireType)) {
        wire.skip(id, wireType, depthMax - depth);
        continue;
      }
      if (field.partOf !== null) {
        const other = chosen.get(field.partOf);
        if (other !== undefined && other !== id) found.delete(other);
        chosen.set(field.partOf, id);
      }
      if (!field.repeated && !field.map && !isMessage(field)) {
        found.set(id, this.scalar(field, field.type, wire));
        continue;
      }
      const all = (found.get(id) ?? []) as unknown[];
      found.set(id, all);
      if (isMessage(field) || field.map) {
        all.push(wireType === 3 ? wire.group(id, depthMax - depth) : wire.bytes());
      } else if (wireType === 2 && !isText(field)) {
        const packed = new WireBytes(wire.bytes());
        while (!packed.isAtEnd) all.push(this.scalar(field, field.type, packed));
      } else all.push(this.scalar(field, field.type, wire));
    }
    return found;
  }

  private whole(field: protobuf.Field, value: unknown, depth: number): unknown {
    const { keyType } = field as protobuf.Field & { readonly keyType?: string };
    if (keyType !== undefined) return this.map(field, keyType, value as Buffer[], depth);
    if (!isMessage(field)) return value;
    const type = field.resolvedType as protobuf.Type;
    if (field.repeated) return (value as Buffer[]).map((one) => this.message(type, one, depth + 1));
    // A message may come in pieces, which are merged: the same as their bytes one after the other.
    return this.message(type, Buffer.concat(value as Buffer[]), depth + 1);
  }

  private map(field: protobuf.Field, keyType: string, entries: readonly Buffer[], depth: number): object {
    const members = entries.map((bytes): [string, unknown] => {
      let key: unknown;
      let value: unknown;
      const wire = new WireBytes(bytes);
      while (!wire.isAtEnd) {
        const [id, wireType] = wire.tag();
        if (id === 1 && wireType === wireTypes[keyType]) key = scalar(field, keyType, wire);
        else if (id !== 2) wire.skip(id, wireType, depthMax - depth);
        else if (isMessage(field)) value = this.message(field.resolvedType as protobuf.Type, wire.bytes(), depth + 1);
        else if (fits(field, wireType, true)) value = this.scalar(field, field.type, wire);
        else wire.skip(id, wireType, depthMax - depth);
      }
      const isKeyText = keyType === 'string';
      const name =
        typeof key === 'object' ? JSON.stringify(key) : String(key ?? (isKeyText ? '' : scalarDefault(keyType)));
      return [
        name,
        value ??
          (isMessage(field)
            ? this.message(field.resolvedType as protobuf.Type, Buffer.alloc(0), depth + 1)
            : defaultScalar(field)),
      ];
    });
    return Object.fromEntries(members);
  }
}

const charsByType = new WeakMap<protobuf.Type, number>();

/** Of the names that a message of nothing has: of its fields, and of the first values of its enums. */
function charsOf(type: protobuf.Type): number {
  let chars = charsByType.get(type);
  if (chars === undefined) {
    chars = type.fieldsArray.reduce((sum, field) => sum + field.name.length + String(defaultOf(field)).length, 0);
    charsByType.set(type, chars);
  }
  return chars;
}

const wireTypes: Readonly<Record<string, WireType>> = {
  ...{ double: 1, fixed64: 1, sfixed64: 1, float: 5, fixed32: 5, sfixed32: 5, string: 2, bytes: 2 },
  ...{ int32: 0, uint32: 0, sint32: 0, int64: 0, uint64: 0, sint64: 0, bool: 0 },
};

function isMessage(field: protobuf.Field): boolean {
  return field.resolvedType instanceof protobuf.Type;
}

function isText(field: protobuf.Field): boolean {
  return field.type === 'string' || field.type === 'bytes';
}

/** Another wire type than the schema has is an unknown field. */
function fits(field: protobuf.Field, wireType: WireType, isInMap = false): boolean {
  if (field.map && !isInMap) return wireType === 2;
  if (isMessage(field)) return wireType === 2 || wireType === 3;
  const own = field.resolvedType instanceof protobuf.Enum ? 0 : wireTypes[field.type];
  return wireType === own || (field.repeated && wireType === 2);
}

function hasPresence(field: protobuf.Field): boolean {
  return !field.repeated && !field.map && (isMessage(field) || field.hasPresence);
}

function defaultOf(field: protobuf.Field): unknown {
  if (field.map) return {};
  return field.repeated ? [] : defaultScalar(field);
}

function defaultScalar({ resolvedType, type }: protobuf.Field): unknown {
  if (resolvedType instanceof protobuf.Enum)
    return resolvedType.valuesById[0] ?? Object.keys(resolvedType.values)[0] ?? 0;
  return scalarDefault(type);
}

function scalarDefault(type: string): unknown {
  if (type === 'string' || type === 'bytes') return '';
  return type === 'bool' ? false : 0;
}

function scalar({ resolvedType }: protobuf.Field, type: string, wire: WireBytes): unknown {
  switch (type) {
    case 'string':
      return wire.text();
    case 'bytes':
      return wire.bytes().toString('base64');
    case 'bool':
      return wire.varint() !== 0n;
    case 'double':
      return wire.double();
    case 'float':
      return shortestFloat(wire.float());
    case 'int64':
      return exact(BigInt.asIntN(64, wire.varint()));
    case 'uint64':
      return exact(wire.varint());
    case 'sint64':
      return exact(zigzag(wire.varint()));
    case 'fixed64':
      return exact(wire.fixed64());
    case 'sfixed64':
      return exact(BigInt.asIntN(64, wire.fixed64()));
    case 'uint32':
      return Number(BigInt.asUintN(32, wire.varint()));
    case 'sint32':
      return Number(zigzag(BigInt.asUintN(32, wire.varint())));
    case 'fixed32':
      return wire.fixed32();
    case 'sfixed32':
      return wire.fixed32() | 0;
    default: {
      const number = Number(BigInt.asIntN(32, wire.varint()));
      return resolvedType instanceof protobuf.Enum ? (resolvedType.valuesById[number] ?? number) : number;
    }
  }
}

function exact(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJSON(String(value));
}

type Members = Record<string, unknown>;

/** ProtoJSON: types that have a form of their own. */
function wellKnown({ fullName }: protobuf.Type, members: Members): unknown {
  if (fullName === '.confluent.type.Decimal') {
    const { value = '', scale = 0 } = members as { value?: string; scale?: number };
    return decimalText(Buffer.from(value, 'base64'), scale) ?? value;
  }
  if (!fullName.startsWith('.google.protobuf.')) return members;
  const { seconds = 0, nanos = 0 } = members as { seconds?: number; nanos?: number };
  switch (fullName.slice('.google.protobuf.'.length)) {
    case 'Timestamp':
      return timestamp(seconds, nanos);
    case 'Duration':
      return typeof seconds === 'number'
        ? `${seconds < 0 || nanos < 0 ? '-' : ''}${Math.abs(seconds)}${fraction(Math.abs(nanos))}s`
        : null;
    case 'FieldMask':
      return ((members['paths'] ?? []) as string[]).join(',');
    case 'Any':
      return { '@type': members['type_url'] ?? '', value: members['value'] ?? '' };
    case 'Struct':
      return members['fields'] ?? {};
    case 'ListValue':
      return members['values'] ?? [];
    case 'Value':
      return 'nullValue' in members ? null : (Object.values(members)[0] ?? null);
    case 'BoolValue':
      return members['value'] ?? false;
    case 'StringValue':
    case 'BytesValue':
      return members['value'] ?? '';
    case 'DoubleValue':
    case 'FloatValue':
    case 'Int32Value':
    case 'Int64Value':
    case 'UInt32Value':
    case 'UInt64Value':
      return 'value' in members ? members['value'] : 0;
    default:
      return members;
  }
}

/** Null: no year from 1 to 9999 has it. */
function timestamp(seconds: unknown, nanos: number): string | null {
  if (typeof seconds !== 'number' || seconds < -62_135_596_800 || seconds > 253_402_300_799) return null;
  return new Date(seconds * 1000).toISOString().replace('.000Z', `${fraction(nanos)}Z`);
}

function fraction(nanos: number): string {
  if (!(nanos > 0 && nanos < 1e9)) return '';
  return `.${String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')}`;
}
