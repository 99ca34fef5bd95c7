/**
 * In: the value and headers of a Kafka record. Out: the platform event in it, or why there is none.
 * Holds: data keeps its text; nothing is guessed about the audience; never throws.
 * Source: CloudEvents 1.0.2, JSON event format, and Kafka protocol binding 1.0.2 (structured and binary mode).
 */
import { HeaderAttributes, MemberAttributes, type EventAttributes } from './event-attributes.ts';
import {
  base64Data,
  binaryData,
  jsonData,
  outlined,
  parseJson,
  structuredData,
  textOf,
  type EventData,
} from './event-data.ts';
import {
  contentTypeOf,
  isJson,
  isJsonType,
  jsonBehindFrame,
  likeness,
  looksLikeJson,
  schemaIdHeader,
  type EncodedRecord,
} from './event-encoding.ts';
import { EventRefusal } from './event-refusal.ts';
import { eventTimeOf } from './event-time.ts';
import type { JsonSpan } from '../payload/json-outline.ts';
import type { Rejection, RejectionReason } from './rejection.ts';
import { otherTenant, refuseOtherTenant, refuseTwoTenants, type EventMark } from './tenant-in-data.ts';
import { carriedTraceparent } from './traceparent.ts';

export interface PlatformEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string | null;
  readonly subject: string | null;
  /** The event's own time in Unix milliseconds; null when it has none, or none that can be read. */
  readonly timeMs: number | null;
  /** It has one that cannot be read. */
  readonly isTimeUnread: boolean;
  /** The extension `clientid`: the tenant that the event is for. */
  readonly clientId: string | null;
  readonly traceparent: string | null;
  readonly data: unknown;
  /** The JSON text of `data` as its producer wrote it. */
  readonly dataText: JsonSpan;
}

export type EventRecord = EncodedRecord;

export type ParsedEvent =
  { readonly ok: true; readonly event: PlatformEvent } | { readonly ok: false; readonly rejection: Rejection };

const idLengthMax = 256;
const uriLengthMax = 2_048;

/** A record with a key alone, as compacted and captured topics have them where something was deleted: no event. */
export function isTombstone({ value, headers }: EventRecord): boolean {
  return value === null && !new HeaderAttributes(headers).isAny;
}

/**
 * Parses a record. `avroJson`: the JSON text of a value that was Avro, else null; its attributes are in `ce_` headers, or it is the
 * whole event. A `time` that cannot be read counts as missing: the record's own time takes its place.
 */
export function parseCloudEvent(record: EventRecord, avroJson: string | null = null): ParsedEvent {
  return parsed(() => {
    const attributes = new HeaderAttributes(record.headers);
    return avroJson === null ? eventIn(record, attributes) : avroEvent(record, attributes, avroJson);
  });
}

/** What the mapping of a topic makes of a record that is no CloudEvent. */
export interface MappedEvent {
  /** By their CloudEvents names. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly dataText: string;
}

/** The same checks as for any other event. */
export function mappedCloudEvent(record: EventRecord, { attributes, dataText }: MappedEvent): ParsedEvent {
  return parsed(() => {
    const traceparent = headerTraceparent(record, 'ce_') ?? headerTraceparent(record, '');
    return eventOf(new MemberAttributes(attributes), traceparent, jsonData(dataText, Buffer.alloc(0)), '');
  });
}

function parsed(read: () => PlatformEvent): ParsedEvent {
  try {
    return { ok: true, event: read() };
  } catch (error) {
    if (error instanceof EventRefusal) return { ok: false, rejection: { reason: error.reason, detail: error.message } };
    throw error;
  }
}

const batch =
  'a batch of events: produce each event as a record of its own, as the Kafka binding of CloudEvents has it';

function eventIn(record: EventRecord, headers: HeaderAttributes): PlatformEvent {
  const contentType = contentTypeOf(record.headers, headers);
  refuseUnreadSchema(record, contentType);
  if (contentType?.startsWith('application/cloudevents') !== true) {
    // A bridge may have left some header of another event beside a whole one.
    const isBinary = headers.isAny && (headers.isWhole || !isWholeEvent(record.value, 'specversion'));
    return isBinary ? binaryEvent(record, headers, contentType) : structuredEvent(record, headers);
  }
  if (contentType.startsWith('application/cloudevents-batch')) throw new EventRefusal('unparsable', batch);
  if (!/^application\/cloudevents(\+json)?\s*(;|$)/.test(contentType)) {
    const detail =
      'this event format is not supported: use JSON (application/cloudevents+json) or Avro in the registry wire format';
    throw new EventRefusal('unparsable', detail);
  }
  // The mode is named wrongly when the headers are an event and the value is none.
  const isBinary = headers.isWhole && !isWholeEvent(record.value);
  return isBinary ? binaryEvent(record, headers, null, 'clientid') : structuredEvent(record, headers);
}

/** By which schema the bytes are to be read stands where nobody looks. JSON needs none, and what is of another type goes on as bytes. */
function refuseUnreadSchema({ value, headers }: EventRecord, contentType: string | null): void {
  if (value === null || value.length === 0) return;
  const isAvro = contentType?.includes('avro') === true && !isJsonType(contentType);
  const mayBeJson =
    contentType === null || isJsonType(contentType) || contentType.startsWith('application/cloudevents');
  const elsewhere = isAvro || mayBeJson ? schemaIdHeader(headers) : null;
  if (elsewhere !== null && (isAvro || !looksLikeJson(value) || !isJson(value))) {
    const { name, advice } = elsewhere;
    throw new EventRefusal('unparsable', `its schema is named in the header ${name}, which is not read: ${advice}`);
  }
  if (isAvro) {
    const detail =
      'content-type says Avro, and the value does not begin with the registry wire format (a zero byte, an id)';
    throw new EventRefusal('unparsable', `${detail}${likeness(value)}`);
  }
}

/** @param more an attribute that it needs as well */
function isWholeEvent(value: Buffer | null, more = 'id'): boolean {
  const json = value === null ? null : (jsonBehindFrame(value) ?? value);
  if (json === null || !looksLikeJson(json) || !isJson(json)) return false;
  return isWhole(JSON.parse(textOf(json)) as unknown, more);
}

function isWhole(value: unknown, more: string): boolean {
  if (!isObject(value)) return false;
  const attributes = new MemberAttributes(value);
  return attributes.isWhole && attributes.get(more) !== null;
}

function structuredEvent(record: EventRecord, headers: HeaderAttributes): PlatformEvent {
  const { value } = record;
  if (value === null || value.length === 0) throw new EventRefusal('unparsable', 'the value is empty');
  return wholeEvent(record, headers, textOf(jsonBehindFrame(value) ?? value));
}

/** @param text of the JSON event */
function wholeEvent(record: EventRecord, headers: HeaderAttributes, text: string): PlatformEvent {
  const value = parseJson(text, record.value ?? Buffer.alloc(0));
  if (Array.isArray(value)) throw new EventRefusal('unparsable', `the value is a JSON list: ${batch}`);
  if (!isObject(value)) {
    const isText = typeof value === 'string' && /^\s*[{[]/.test(value);
    const cause = isText ? ': it is JSON inside a JSON string, encoded twice' : '';
    throw new EventRefusal('unparsable', `the value is JSON, but not an object${cause}`);
  }
  const attributes = new MemberAttributes(value);
  const outline = outlined(text, attributes.nameOf('data') ?? 'data');
  if (outline.rootMembers > Object.keys(value).length) refuseTwoTenants(text, attributes);
  const base64 = attributes.get('data_base64');
  if (base64 !== null && attributes.get('data') !== null) {
    throw new EventRefusal('unparsable', 'data and data_base64 exclude each other');
  }
  const data = base64 === null ? structuredData(attributes, outline.span) : base64Data(attributes, base64);
  const traceparent = carriedTraceparent(attributes.get('traceparent')) ?? headerTraceparent(record, '');
  const event = eventOf(attributes, traceparent, data, hintOf(value));
  const tenant = headers.isAny ? headers.get('clientid') : null;
  if (tenant !== null && tenant !== event.clientId) {
    // Taken at its word, an event whose tenant stands in its headers alone might be a broadcast.
    throw new EventRefusal('invalid_attribute', otherTenant);
  }
  return event;
}

/** What an object without an id may be. */
function hintOf(value: Readonly<Record<string, unknown>>): string {
  const has = (name: string) => Object.hasOwn(value, name);
  if (has('schema') && has('payload')) {
    return ', looks like the JsonConverter of Kafka Connect: set schemas.enable to false';
  }
  if (has('op') && (has('before') || has('after')))
    return ', looks like a change event of Debezium, which is no CloudEvent';
  return has('cloudEventsVersion') ? ', looks like CloudEvents 0.1' : '';
}

function avroEvent(record: EventRecord, headers: HeaderAttributes, avroJson: string): PlatformEvent {
  const bytes = record.value ?? Buffer.alloc(0);
  if (headers.get('id') === null) {
    // As Debezium writes it. Any other record may have an id and a type as well.
    if (isWhole(parseJson(avroJson, bytes), 'specversion')) return wholeEvent(record, headers, avroJson);
  }
  return binaryEventOf(record, headers, jsonData(avroJson, bytes));
}

function binaryEvent(
  record: EventRecord,
  headers: HeaderAttributes,
  contentType: string | null,
  mark?: EventMark,
): PlatformEvent {
  return binaryEventOf(record, headers, binaryData(record.value, contentType), mark);
}

function binaryEventOf(
  record: EventRecord,
  headers: HeaderAttributes,
  data: EventData,
  mark?: EventMark,
): PlatformEvent {
  const event = eventOf(headers, headerTraceparent(record, 'ce_') ?? headerTraceparent(record, ''), data, '');
  refuseOtherTenant(event.clientId, data, record.value, mark);
  return event;
}

function eventOf(
  attributes: EventAttributes,
  traceparent: string | null,
  data: EventData,
  hint: string,
): PlatformEvent {
  const version = attributes.get('specversion');
  if (version !== null && !/^1(?:\.\d+){0,2}$/.test(versionText(version))) {
    throw new EventRefusal('unsupported_version', 'specversion is not 1.x');
  }
  const clientId = attributes.get('clientid');
  const time = attributes.get('time');
  const timeMs = eventTimeOf(time);
  return {
    id: requiredText(attributes.get('id'), 'id', 'missing_id', hint),
    type: requiredText(attributes.get('type'), 'type', 'missing_type', hint),
    source: optionalText(attributes.get('source'), 'source'),
    subject: optionalText(attributes.get('subject'), 'subject'),
    timeMs,
    isTimeUnread: timeMs === null && time !== null,
    // An empty clientid is a producer's mistake. Taken for none, it could turn one client's event into a broadcast.
    clientId: clientId === null ? null : requiredText(integerText(clientId), 'clientid', 'invalid_attribute'),
    traceparent,
    data: data.value,
    dataText: data.span,
  };
}

/** `1.0` as YAML and loosely typed producers have it: a number, or with a patch level. */
function versionText(version: unknown): string {
  return typeof version === 'string' || typeof version === 'number' ? String(version) : '';
}

/** CloudEvents, section 3.1: an Integer is a number in JSON, and its digits in a header. */
function integerText(value: unknown): unknown {
  return Number.isSafeInteger(value) ? String(value) : value;
}

function requiredText(value: unknown, name: string, missing: RejectionReason, hint = ''): string {
  if (value === null || value === '') throw new EventRefusal(missing, `${name} is missing or empty${hint}`);
  return boundedText(value, name, idLengthMax);
}

function optionalText(value: unknown, name: string): string | null {
  return value === null || value === '' ? null : boundedText(value, name, uriLengthMax);
}

function boundedText(value: unknown, name: string, lengthMax: number): string {
  if (typeof value === 'number') throw new EventRefusal('invalid_attribute', `${name} is a number: write it as text`);
  if (typeof value !== 'string') throw new EventRefusal('invalid_attribute', `${name} is not text`);
  if (isLonger(value, lengthMax)) {
    throw new EventRefusal('invalid_attribute', `${name} is longer than ${lengthMax} characters`);
  }
  // Control characters and lone surrogates: neither can go into a header or come back from UTF-8 as they were.
  if (/\p{Cc}/u.test(value) || !value.isWellFormed()) {
    throw new EventRefusal('invalid_attribute', `${name} has characters that are not allowed`);
  }
  return value;
}

/** In code points, as JSON Schema counts: what the API takes is not set aside here. A code point is one or two units of UTF-16. */
function isLonger(text: string, lengthMax: number): boolean {
  return text.length > lengthMax && (text.length > 2 * lengthMax || Array.from(text).length > lengthMax);
}

/** Nobody's event is refused for the trace that it came with, whatever bytes are there. */
function headerTraceparent({ headers }: EventRecord, prefix: string): string | null {
  const name = `${prefix}traceparent`;
  return Object.hasOwn(headers, name) ? carriedTraceparent(headers[name]?.toString('latin1')) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
