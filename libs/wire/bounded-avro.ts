/**
 * Lists, maps and records of an Avro type that are no larger than their bytes.
 *
 * avsc takes a count as it is and looks at the end of the buffer only when it is done: ten bytes that claim 2^40 items are read for
 * ever. An item has a byte at least, so a value has no more items in all its lists and maps than it has bytes; what has more, such
 * as a long list of nulls, is refused.
 *
 * Records may take no byte at all: forty of them that hold the one before twice are 2^40 values of nothing. So a value has no more
 * fields in all its records than it has bytes, and some for those that are null by their type.
 *
 * What is read becomes JSON, where the names of fields and of enum symbols are written again with each value. Of all of them there are
 * so many characters for each field that the bytes allow.
 */
import avsc from 'avsc';

/** avsc's reader, as far as it is used here. Each value has one of its own. */
export interface Tap {
  readonly buf: Buffer;
  pos: number;
  /** Items read so far of all its lists and maps, and fields of its records: kept there, for this is done for every record. */
  itemsRead?: number;
  fieldsRead?: number;
  nameCharsRead?: number;
  readLong(): number;
  readString(): string;
  skipString(): void;
  skipLong(): void;
  writeLong(value: number): void;
}

interface Readable {
  _write(tap: Tap, value: unknown): void;
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

/** To be given to avsc as its `typeHook`: undefined leaves a schema to it. */
export function boundedType(schema: avsc.Schema, options: object): avsc.Type | undefined {
  const kind = kindOf(schema);
  if (kind === 'record' || kind === 'error') return new BoundedRecord(schema, options);
  return kind === 'enum' ? new BoundedEnum(schema, options) : boundedLists(schema, options);
}

/** The same for a schema of our own, whose records are known to take bytes. */
export function boundedLists(schema: avsc.Schema, options: object): avsc.Type | undefined {
  if (schema === 'string') return text;
  const kind = kindOf(schema);
  if (kind === 'array') return new BoundedList(schema, options);
  return kind === 'map' ? new BoundedMap(schema, options) : undefined;
}

/** The same, with bytes as a part of what is read, which they keep in memory as long as they are kept. */
export function boundedViews(schema: avsc.Schema, options: object): avsc.Type | undefined {
  return schema === 'bytes' ? bytesView : boundedLists(schema, options);
}

export function isKind(schema: avsc.Schema, kind: string): boolean {
  return kindOf(schema) === kind;
}

function kindOf(schema: avsc.Schema): unknown {
  return typeof schema === 'object' && 'type' in schema ? schema.type : null;
}

class BytesView extends avsc.types.BytesType {
  /** Undefined past the end, where avsc looks when all is read. */
  _read(tap: Tap): Buffer | undefined {
    const length = tap.readLong();
    const start = tap.pos;
    const end = start + length;
    // Beyond the end, whatever comes: then avsc refuses the value.
    tap.pos = length < 0 ? tap.buf.length + 1 : end;
    return length < 0 || end > tap.buf.length ? undefined : tap.buf.subarray(start, end);
  }
}

const bytesView = new BytesView();

/** Shorter ones have a length of one byte. */
const shortChars = 64;

/**
 * Writes what is short and ASCII, as nearly all that we write is, in one pass: avsc asks for the length of every text first, which
 * costs more than writing it.
 */
class Text extends avsc.types.StringType {
  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'string' || !writeShort(tap, value)) stringType._write(tap, value);
  }
}

const stringType = avsc.types.StringType.prototype as unknown as { _write(tap: Tap, value: unknown): void };
const text = new Text();

/** False, and nothing is written, when it is long, not ASCII, or at the end of the buffer. */
function writeShort(tap: Tap, value: string): boolean {
  const { length } = value;
  const { buf, pos } = tap;
  if (length >= shortChars || pos + length >= buf.length) return false;
  for (let index = 0; index < length; index += 1) {
    const code = value.charCodeAt(index);
    if (code > 0x7f) return false;
    buf[pos + 1 + index] = code;
  }
  // Zigzag.
  buf[pos] = length << 1;
  tap.pos = pos + 1 + length;
  return true;
}

class BoundedList extends avsc.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const itemsType = this.itemsType as unknown as Readable;
    const items: unknown[] = [];
    for (let count = countAt(tap); count > 0; count = countAt(tap)) {
      for (; count > 0; count -= 1) items.push(itemsType._read(tap));
    }
    return items;
  }

  /** Whoever reads without this list passes it over. Item by item: the length of a block may lie, and lead back. */
  _skip(tap: Tap): void {
    const itemsType = this.itemsType as unknown as Readable;
    for (let count = countAt(tap); count > 0; count = countAt(tap)) {
      for (; count > 0; count -= 1) itemsType._skip(tap);
    }
  }
}

export class BoundedMap extends avsc.types.MapType {
  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      mapType._write.call(this, tap, value);
      return;
    }
    const valuesType = this.valuesType as unknown as Readable;
    const members = value as Readonly<Record<string, unknown>>;
    const names = Object.keys(members);
    if (names.length > 0) tap.writeLong(names.length);
    for (const name of names) {
      if (!writeShort(tap, name)) stringType._write(tap, name);
      valuesType._write(tap, members[name]);
    }
    tap.writeLong(0);
  }

  _read(tap: Tap): Record<string, unknown> {
    const valuesType = this.valuesType as Readable;
    const members: Record<string, unknown> = {};
    for (let count = countAt(tap); count > 0; count = countAt(tap)) {
      for (; count > 0; count -= 1) {
        const name = tap.readString();
        const value = valuesType._read(tap);
        if (name !== '__proto__') members[name] = value;
        // Set, it would be the prototype.
        else Object.defineProperty(members, name, { value, enumerable: true, writable: true, configurable: true });
      }
    }
    return members;
  }

  _skip(tap: Tap): void {
    const valuesType = this.valuesType as unknown as Readable;
    for (let count = countAt(tap); count > 0; count = countAt(tap)) {
      for (; count > 0; count -= 1) {
        tap.skipString();
        valuesType._skip(tap);
      }
    }
  }
}

const mapType = avsc.types.MapType.prototype as unknown as { _write(this: unknown, tap: Tap, value: unknown): void };

type Reader = (tap: Tap) => unknown;

/** How avsc makes what reads a record type and what skips it, while it makes the type. */
const recordType = avsc.types.RecordType.prototype as unknown as {
  _createReader(this: avsc.types.RecordType): Reader;
  _createSkipper(this: avsc.types.RecordType): Reader;
};

class BoundedRecord extends avsc.types.RecordType {
  _createReader(): Reader {
    return counted(recordType._createReader.call(this), this.fields);
  }

  _createSkipper(): Reader {
    return counted(recordType._createSkipper.call(this), this.fields);
  }
}

class BoundedEnum extends avsc.types.EnumType {
  _read(tap: Tap): unknown {
    const symbol = enumType._read.call(this, tap);
    countNames(tap, symbol.length);
    return symbol;
  }
}

const enumType = avsc.types.EnumType.prototype as unknown as { _read(this: avsc.types.EnumType, tap: Tap): string };

function countNames(tap: Tap, chars: number): void {
  const read = (tap.nameCharsRead ?? 0) + chars;
  if (read > (tap.buf.length + fieldsOfNothingMax) * charsPerFieldMax) {
    throw new RangeError('its names are longer than its bytes allow');
  }
  tap.nameCharsRead = read;
}

function counted(read: Reader, recordFields: readonly { readonly name: string }[]): Reader {
  const weight = Math.max(recordFields.length, 1);
  const chars = recordFields.reduce((sum, { name }) => sum + name.length, 0);
  return (tap) => {
    const fields = (tap.fieldsRead ?? 0) + weight;
    if (fields > tap.buf.length + fieldsOfNothingMax) throw new RangeError('more fields than bytes');
    tap.fieldsRead = fields;
    countNames(tap, chars);
    return read(tap);
  };
}

/** More fields than bytes that a value may have. */
const fieldsOfNothingMax = 10_000;
/** As of Protobuf (protobuf-json.ts). */
const charsPerFieldMax = 64;

/** Of a block; zero ends the list. A negative one is followed by the block's length (Avro specification, "Arrays"). */
export function countAt(tap: Tap): number {
  const written = tap.readLong();
  if (written < 0) tap.skipLong();
  const count = Math.abs(written);
  if (count === 0) return 0;
  const items = (tap.itemsRead ?? 0) + count;
  if (!(items <= tap.buf.length)) throw new RangeError('more items than bytes');
  tap.itemsRead = items;
  return count;
}
