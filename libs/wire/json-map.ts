/**
 * Maps of texts in an Avro type, read as the JSON of them: what is only passed on, such as the headers of an attempt on their way into
 * the history, costs a copy of its bytes and one string, and not a string for each name and value, an object and JSON made of that.
 */
import type avsc from 'avsc';
import { JsonText } from '../domain/payload/json-text.ts';
import { BoundedMap, boundedLists, countAt, isKind, type Tap } from './bounded-avro.ts';

const quote = 0x22;
const colon = 0x3a;
const comma = 0x2c;
const backslash = 0x5c;
const opening = 0x7b;
const closing = 0x7d;
/** Of printable ASCII. */
const first = 0x20;
const last = 0x7e;

/** As large as what most records have in their maps; larger ones are read as objects. */
const scratch = Buffer.allocUnsafeSlow(16 * 1_024);

/** To be given to avsc as its `typeHook`, for a schema of our own. */
export function jsonMaps(schema: avsc.Schema, options: object): avsc.Type | undefined {
  const isTexts = isKind(schema, 'map') && (schema as { values?: unknown }).values === 'string';
  return isTexts ? new JsonMap(schema, options) : boundedLists(schema, options);
}

class JsonMap extends BoundedMap {
  /** An object where its texts would have to be written otherwise than they are. */
  override _read(tap: Tap): Record<string, unknown> {
    const start = tap.pos;
    const itemsRead = tap.itemsRead;
    const json = jsonOf(tap);
    // As avsc has it, a reader of another type than the schema says is nobody's concern but the caller's.
    if (json !== null) return json as unknown as Record<string, unknown>;
    tap.pos = start;
    if (itemsRead === undefined) delete tap.itemsRead;
    else tap.itemsRead = itemsRead;
    return super._read(tap);
  }
}

function jsonOf(tap: Tap): JsonText | null {
  let at = 1;
  scratch[0] = opening;
  for (let count = countAt(tap); count > 0; count = countAt(tap)) {
    for (; count > 0; count -= 1) {
      if (at > 1) {
        scratch[at] = comma;
        at += 1;
      }
      at = copyText(tap, at);
      if (at < 0) return null;
      scratch[at] = colon;
      at = copyText(tap, at + 1);
      if (at < 0) return null;
    }
  }
  scratch[at] = closing;
  return new JsonText(scratch.toString('latin1', 0, at + 1));
}

/** In quotes. @returns where it ends in the scratch; negative: it has to be written otherwise, or is not there */
function copyText(tap: Tap, start: number): number {
  const length = tap.readLong();
  const { buf, pos } = tap;
  // Room for the quotes, and for what follows.
  if (length < 0 || !(pos + length <= buf.length) || start + length + 4 > scratch.length) return -1;
  let at = start;
  scratch[at] = quote;
  at += 1;
  for (let index = pos; index < pos + length; index += 1) {
    const byte = buf[index] as number;
    if (byte < first || byte > last || byte === quote || byte === backslash) return -1;
    scratch[at] = byte;
    at += 1;
  }
  scratch[at] = quote;
  tap.pos = pos + length;
  return at + 1;
}
