/**
 * In: the value and headers of a Kafka record. Out: the platform event in it, or why there is none.
 * Holds: data keeps its text; nothing is guessed about the audience; never throws.
 * Source: CloudEvents 1.0.2, JSON event format, and Kafka protocol binding 1.0.2 (structured and binary mode).
 */
import { isUtf8 } from 'node:buffer';
import { outlineJson, type JsonSpan } from './json-outline.ts';
import type { Rejection, RejectionReason } from './rejection.ts';
import { carriedTraceparent } from './traceparent.ts';

export interface PlatformEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string | null;
  readonly subject: string | null;
  /** The event's own time in Unix milliseconds; null when it has none, or none in RFC 3339. */
  readonly timeMs: number | null;
  /** The extension `clientid`: the tenant that the event is for. */
  readonly clientId: string | null;
  readonly traceparent: string | null;
  readonly data: unknown;
  /** The JSON text of `data` as its producer wrote it. */
  readonly dataText: JsonSpan;
}

export interface EventRecord {
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export type ParsedEvent =
  { readonly ok: true; readonly event: PlatformEvent } | { readonly ok: false; readonly rejection: Rejection };

/** Lists and objects inside each other, in the whole value. */
export const eventDepthMax = 100;
const idLengthMax = 256;
const uriLengthMax = 2_048;

/** True when the value may be Avro in the registry's wire format: the caller decodes it to JSON before parsing. */
export function mayBeAvro(record: EventRecord): boolean {
  const contentType = contentTypeOf(record);
  return record.value?.[0] === 0 && (contentType === null || contentType.includes('avro'));
}

/**
 * Parses a record. `avroJson`: the JSON text of a value that was Avro, else null; its attributes are in `ce_` headers.
 * A `time` that is not RFC 3339 counts as missing: the record's own time takes its place, and nothing else depends on it.
 */
export function parseCloudEvent(record: EventRecord, avroJson: string | null = null): ParsedEvent {
  try {
    const isBinary = avroJson !== null || isBinaryMode(record);
    return { ok: true, event: isBinary ? binaryEvent(record, avroJson) : structuredEvent(record) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, rejection: { reason: error.reason, detail: error.message } };
    throw error;
  }
}

class Refusal extends Error {
  readonly reason: RejectionReason;
  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

type Attributes = Readonly<Record<string, unknown>>;

function isBinaryMode(record: EventRecord): boolean {
  const contentType = contentTypeOf(record);
  if (contentType?.startsWith('application/cloudevents') === true) {
    if (/^application\/cloudevents\+json\s*(;|$)/.test(contentType)) return false;
    throw new Refusal('unparsable', 'batches and formats other than JSON are not supported');
  }
  return Object.keys(record.headers).some((name) => name.startsWith('ce_'));
}

function structuredEvent(record: EventRecord): PlatformEvent {
  const text = textOf(record.value, 'the value');
  const { value, outline } = parseJson(text, 'data');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('unparsable', 'the value is JSON, but no object');
  }
  const attributes = value as Attributes;
  const base64 = ownAttribute(attributes, 'data_base64');
  if (base64 !== null && outline !== null) throw new Refusal('unparsable', 'data and data_base64 exclude each other');
  const data = base64 === null ? structuredData(attributes, outline) : base64Data(attributes, base64);
  const traceparent = carriedTraceparent(ownAttribute(attributes, 'traceparent')) ?? headerTraceparent(record, '');
  return eventOf((name) => ownAttribute(attributes, name), traceparent, data);
}

function binaryEvent(record: EventRecord, avroJson: string | null): PlatformEvent {
  const data = avroJson === null ? binaryData(record) : jsonData(avroJson);
  const attribute = (name: string) => headerText(record, `ce_${name}`);
  return eventOf(attribute, headerTraceparent(record, 'ce_') ?? headerTraceparent(record, ''), data);
}

function eventOf(
  attribute: (name: string) => unknown,
  traceparent: string | null,
  data: { readonly value: unknown; readonly span: JsonSpan },
): PlatformEvent {
  const version = attribute('specversion');
  if (version !== null && (typeof version !== 'string' || !/^1\.\d+$/.test(version))) {
    throw new Refusal('unsupported_version', 'specversion is not 1.x');
  }
  const clientId = attribute('clientid');
  return {
    id: requiredText(attribute('id'), 'id', 'missing_id'),
    type: requiredText(attribute('type'), 'type', 'missing_type'),
    source: optionalText(attribute('source'), 'source'),
    subject: optionalText(attribute('subject'), 'subject'),
    timeMs: timeOf(attribute('time')),
    // An empty clientid is a producer's mistake. Taken for none, it could turn one client's event into a broadcast.
    clientId: clientId === null ? null : requiredText(clientId, 'clientid', 'invalid_attribute'),
    traceparent,
    data: data.value,
    dataText: data.span,
  };
}

function structuredData(attributes: Attributes, span: JsonSpan | null) {
  if (span === null) return { value: null, span: nullSpan };
  return { value: attributes['data'], span };
}

/** Base64 that holds JSON (and is not said to hold something else) is that JSON; other bytes stay base64. */
function base64Data(attributes: Attributes, base64: unknown) {
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new Refusal('unparsable', 'data_base64 is no base64');
  }
  const contentType = ownAttribute(attributes, 'datacontenttype');
  const bytes = Buffer.from(base64, 'base64');
  const mayBeJson = contentType === null || (typeof contentType === 'string' && isJsonType(contentType));
  if (mayBeJson && isUtf8(bytes)) {
    try {
      return jsonData(bytes.toString());
    } catch (error) {
      if (contentType !== null || !(error instanceof Refusal)) throw error;
    }
  }
  return textData(base64);
}

function binaryData(record: EventRecord) {
  if (record.value === null || record.value.length === 0) return { value: null, span: nullSpan };
  const contentType = contentTypeOf(record);
  if (contentType === null || isJsonType(contentType)) return jsonData(textOf(record.value, 'the value'));
  // What is neither JSON nor text goes on as base64: JSON has no bytes.
  const isText = /^text\/|[/+]xml\b|x-www-form-urlencoded/.test(contentType) && isUtf8(record.value);
  return textData(record.value.toString(isText ? 'utf8' : 'base64'));
}

function jsonData(text: string) {
  const { value, outline } = parseJson(text, null);
  return { value, span: outline ?? nullSpan };
}

function textData(text: string) {
  return { value: text, span: { text: JSON.stringify(text), members: 0 } };
}

const nullSpan: JsonSpan = { text: 'null', members: 0 };

function parseJson(text: string, memberName: string | null): { value: unknown; outline: JsonSpan | null } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the payload.
    throw new Refusal('unparsable', 'the value is not JSON');
  }
  const outline = outlineJson(text, memberName);
  if (outline.depth > eventDepthMax) {
    throw new Refusal('unparsable', `the JSON is nested deeper than ${eventDepthMax} levels`);
  }
  return { value, outline: outline.span };
}

function textOf(bytes: Buffer | null, what: string): string {
  if (bytes === null || bytes.length === 0) throw new Refusal('unparsable', `${what} is empty`);
  if (!isUtf8(bytes)) throw new Refusal('unparsable', `${what} is not UTF-8`);
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasByteOrderMark ? 3 : 0);
}

function requiredText(value: unknown, name: string, missing: RejectionReason): string {
  if (value === null || value === '') throw new Refusal(missing, `${name} is missing or empty`);
  return boundedText(value, name, idLengthMax);
}

function optionalText(value: unknown, name: string): string | null {
  return value === null || value === '' ? null : boundedText(value, name, uriLengthMax);
}

function boundedText(value: unknown, name: string, lengthMax: number): string {
  if (typeof value !== 'string') throw new Refusal('invalid_attribute', `${name} is no text`);
  if (value.length > lengthMax) {
    throw new Refusal('invalid_attribute', `${name} is longer than ${lengthMax} characters`);
  }
  // Control characters and lone surrogates: neither can go into a header or come back from UTF-8 as they were.
  if (/\p{Cc}/u.test(value) || !value.isWellFormed()) {
    throw new Refusal('invalid_attribute', `${name} has characters that are not allowed`);
  }
  return value;
}

/** CloudEvents, JSON format, section 2.2: an attribute that is null is as one that is not there. */
function ownAttribute(attributes: Attributes, name: string): unknown {
  return Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : null;
}

function headerText(record: EventRecord, name: string): string | null {
  const value = Object.hasOwn(record.headers, name) ? record.headers[name] : undefined;
  if (value === undefined) return null;
  if (!isUtf8(value)) throw new Refusal('invalid_attribute', `the header ${name} is not UTF-8`);
  return value.toString();
}

/** Nobody's event is refused for the trace that it came with, whatever bytes are there. */
function headerTraceparent({ headers }: EventRecord, prefix: string): string | null {
  const name = `${prefix}traceparent`;
  return Object.hasOwn(headers, name) ? carriedTraceparent(headers[name]?.toString('latin1')) : null;
}

function contentTypeOf(record: EventRecord): string | null {
  for (const [name, value] of Object.entries(record.headers)) {
    if (name.length === 12 && name.toLowerCase() === 'content-type') return value.toString('latin1').toLowerCase();
  }
  return null;
}

function isJsonType(contentType: string): boolean {
  return /^[^;]*[/+]json\s*(;|$)/i.test(contentType);
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,18})?([Zz]|[+-]\d\d:\d\d)$/;

function timeOf(value: unknown): number | null {
  if (typeof value !== 'string' || !rfc3339.test(value)) return null;
  const timeMs = Date.parse(value.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(timeMs) ? null : timeMs;
}
