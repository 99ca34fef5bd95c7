/**
 * The data of an event, and the JSON around it. In: bytes, and what their type is said to be. Out: the value and the text that its
 * producer wrote. Holds: a refusal never quotes what it refuses.
 */
import { isUtf8 } from 'node:buffer';
import type { EventAttributes } from './event-attributes.ts';
import { hasByteOrderMark, isJson, isJsonType, jsonBehindFrame, likeness, looksLikeJson } from './event-encoding.ts';
import { EventRefusal } from './event-refusal.ts';
import { brokenJsonHint } from '../payload/broken-json.ts';
import { outlineJson, type JsonOutline, type JsonSpan } from '../payload/json-outline.ts';

/** Lists and objects inside each other, in the whole value. */
export const eventDepthMax = 100;

export interface EventData {
  readonly value: unknown;
  readonly span: JsonSpan;
}

export function structuredData(attributes: EventAttributes, span: JsonSpan | null): EventData {
  return span === null ? { value: null, span: nullSpan } : { value: attributes.get('data'), span };
}

/** Base64 that holds JSON (and is not said to hold something else) is that JSON; other bytes stay base64. */
export function base64Data(attributes: EventAttributes, base64: unknown): EventData {
  if (typeof base64 !== 'string' || !isBase64(base64)) {
    throw new EventRefusal('unparsable', 'data_base64 is not base64');
  }
  const contentType = attributes.get('datacontenttype');
  const bytes = Buffer.from(base64, 'base64');
  const mayBeJson = contentType === null || (typeof contentType === 'string' && isJsonType(contentType));
  if (mayBeJson && isUtf8(bytes)) {
    try {
      return jsonData(textOf(bytes), bytes);
    } catch (error) {
      if (contentType !== null || !(error instanceof EventRefusal)) throw error;
    }
  }
  return textData(bytes.toString('base64'));
}

/** RFC 4648, section 4; or section 5, with letters for URLs and without padding. */
function isBase64(text: string): boolean {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) return true;
  return /^[A-Za-z0-9_-]*={0,2}$/.test(text) && text.replaceAll('=', '').length % 4 !== 1;
}

export function binaryData(value: Buffer | null, contentType: string | null): EventData {
  if (value === null || value.length === 0) return { value: null, span: nullSpan };
  if (contentType === null || isJsonType(contentType)) {
    return jsonData(textOf(jsonBehindFrame(value) ?? value), value);
  }
  // Bytes of no kind may be JSON all the same: frameworks name them so by default.
  if (contentType.startsWith('application/octet-stream') && looksLikeJson(value) && isJson(value)) {
    return jsonData(textOf(value), value);
  }
  // What is neither JSON nor text goes on as base64: JSON has no bytes.
  const text = /^text\/|[/+]xml\b|x-www-form-urlencoded/.test(contentType) ? textAsSaid(value, contentType) : null;
  return textData(text ?? value.toString('base64'));
}

/** By the charset that its type names, UTF-8 if it names none. Null: these bytes are not of it. */
function textAsSaid(value: Buffer, contentType: string): string | null {
  const [, charset = 'utf-8'] = /;\s*charset="?([\w.:-]{1,40})/.exec(contentType) ?? [];
  // Much that is UTF-8 is called Latin-1 by some default, and letters in UTF-16 are UTF-8 as well.
  if (isUtf8(value) && !charset.startsWith('utf-16')) return textOf(value);
  try {
    return new TextDecoder(charset, { fatal: true }).decode(value);
  } catch {
    return null;
  }
}

export function jsonData(text: string, bytes: Buffer): EventData {
  return { value: parseJson(text, bytes), span: outlined(text, null).span ?? nullSpan };
}

function textData(text: string): EventData {
  return { value: text, span: { text: JSON.stringify(text), members: 0 } };
}

const nullSpan: JsonSpan = { text: 'null', members: 0 };

export function parseJson(text: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the payload.
    throw new EventRefusal('unparsable', `the value is not JSON${likeness(bytes) || brokenJsonHint(text)}`);
  }
}

export function outlined(text: string, memberName: string | null): JsonOutline {
  const outline = outlineJson(text, memberName);
  if (outline.depth > eventDepthMax) {
    throw new EventRefusal('unparsable', `the JSON is nested deeper than ${eventDepthMax} levels`);
  }
  return outline;
}

export function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new EventRefusal('unparsable', `the value is not UTF-8${likeness(bytes)}`);
  return bytes.toString('utf8', hasByteOrderMark(bytes) ? 3 : 0);
}
