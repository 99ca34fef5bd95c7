/**
 * What a mapping may look at: one record of a topic, its value and key read. Numbers beyond 2^53 are kept as they were written
 * (lossless-json.ts), so that ids and amounts come out with all of their digits.
 */
import { unquoted } from '../../domain/event/event-attributes.ts';
import { parseLossless } from '../../domain/payload/lossless-json.ts';
import { isUtf8 } from 'node:buffer';

/** A record as far as mappings look at it. */
export interface MappableRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** What was asked for, or why there is none: names places, never values. */
export type Found =
  | { readonly ok: true; readonly value: unknown; readonly text?: string }
  | { readonly ok: false; readonly gap: string; readonly isNothing?: true };

export interface MappingInput {
  readonly record: MappableRecord;
  /** The JSON text of the value. */
  readonly text: string;
  readonly value: unknown;
  /** The row of a change event: as it is after the change, or, deleted, before it. Undefined in other mappings. */
  readonly row: unknown;
  /** How to get to the value, and to the row, from the root of `text`. */
  readonly valuePath: readonly string[];
  readonly rowPath: readonly string[];
  readonly key: Found;
}

/** @param json of a key that was read by its schema; null: it is text or JSON */
export function keyOf({ key }: MappableRecord, json: string | null): Found {
  if (json !== null) return { ok: true, value: withoutSchema(parseLossless(json)) };
  if (key === null) return { ok: false, gap: 'the record has no key' };
  if (!isUtf8(key)) return { ok: false, gap: 'the key is not UTF-8' };
  const text = key.toString();
  if (!/^\s*["{[]/.test(text)) return { ok: true, value: text };
  try {
    return { ok: true, value: withoutSchema(parseLossless(text)) };
  } catch {
    return { ok: true, value: text };
  }
}

export function headerOf({ headers }: MappableRecord, name: string): Found {
  const bytes = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (bytes === undefined) return { ok: false, gap: `there is no header ${name}` };
  if (!isUtf8(bytes)) return { ok: false, gap: `the header ${name} is not UTF-8` };
  const text = bytes.toString();
  if (!text.startsWith('{')) return { ok: true, value: unquoted(text) };
  try {
    return { ok: true, value: withoutSchema(parseLossless(text)) };
  } catch {
    return { ok: true, value: text };
  }
}

/** Kafka Connect's JsonConverter puts a schema beside what it writes, unless it is told not to. */
export function isEnvelope(value: unknown): value is { readonly schema: unknown; readonly payload: unknown } {
  return isObject(value) && Object.keys(value).length === 2 && 'schema' in value && 'payload' in value;
}

function withoutSchema(value: unknown): unknown {
  return isEnvelope(value) ? value.payload : value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
