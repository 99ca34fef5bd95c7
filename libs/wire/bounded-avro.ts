/**
 * Lists, maps and records of an Avro type that are no larger than their bytes.
 *
 * avsc takes a count as it is and looks at the end of the buffer only when it is done: ten bytes that claim 2^40 items are read for
 * ever. An item has a byte at least, so a value has no more items in all its lists and maps than it has bytes; what has more, such
 * as a long list of nulls, is refused.
 *
 * Records may take no byte at all: forty of them that hold the one before twice are 2^40 values of nothing. So a value has no more
 * fields in all its records than it has bytes, and some for those that are null by their type.
 */
import avsc from 'avsc';

/** avsc's reader, as far as it is used here. Each value has one of its own. */
interface Tap {
  readonly buf: Buffer;
  /** Items read so far of all its lists and maps, and fields of its records: kept there, for this is done for every record. */
  itemsRead?: number;
  fieldsRead?: number;
  readLong(): number;
  readString(): string;
  skipString(): void;
  skipLong(): void;
}

interface Readable {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

/** To be given to avsc as its `typeHook`: undefined leaves a schema to it. */
export function boundedType(schema: avsc.Schema, options: object): avsc.Type | undefined {
  const kind = kindOf(schema);
  return kind === 'record' || kind === 'error' ? new BoundedRecord(schema, options) : boundedLists(schema, options);
}

/** The same for a schema of our own, whose records are known to take bytes. */
export function boundedLists(schema: avsc.Schema, options: object): avsc.Type | undefined {
  const kind = kindOf(schema);
  if (kind === 'array') return new BoundedList(schema, options);
  return kind === 'map' ? new BoundedMap(schema, options) : undefined;
}

function kindOf(schema: avsc.Schema): unknown {
  return typeof schema === 'object' && 'type' in schema ? schema.type : null;
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

class BoundedMap extends avsc.types.MapType {
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

type Reader = (tap: Tap) => unknown;

/** How avsc makes what reads a record type and what skips it, while it makes the type. */
const recordType = avsc.types.RecordType.prototype as unknown as {
  _createReader(this: avsc.types.RecordType): Reader;
  _createSkipper(this: avsc.types.RecordType): Reader;
};

class BoundedRecord extends avsc.types.RecordType {
  _createReader(): Reader {
    return counted(recordType._createReader.call(this), this.fields.length);
  }

  _createSkipper(): Reader {
    return counted(recordType._createSkipper.call(this), this.fields.length);
  }
}

function counted(read: Reader, fieldCount: number): Reader {
  const weight = Math.max(fieldCount, 1);
  return (tap) => {
    const fields = (tap.fieldsRead ?? 0) + weight;
    if (fields > tap.buf.length + fieldsOfNothingMax) throw new RangeError('more fields than bytes');
    tap.fieldsRead = fields;
    return read(tap);
  };
}

/** More fields than bytes that a value may have. */
const fieldsOfNothingMax = 10_000;

/** Of a block; zero ends the list. A negative one is followed by the block's length (Avro specification, "Arrays"). */
function countAt(tap: Tap): number {
  const written = tap.readLong();
  if (written < 0) tap.skipLong();
  const count = Math.abs(written);
  if (count === 0) return 0;
  const items = (tap.itemsRead ?? 0) + count;
  if (!(items <= tap.buf.length)) throw new RangeError('more items than bytes');
  tap.itemsRead = items;
  return count;
}
