/**
 * In: a request that publishes events in a form of CloudEvents (HTTP protocol binding 1.0.2: structured, batched, binary).
 * Out: the events as the API takes them, and every problem of those that are none. Holds: a CloudEvent is judged by the
 * same code as one that is read from Kafka, so that both ways take the same; a problem names its place in the request.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { cloudEventTypes, eventsMax } from '../../../libs/api-contract/events.ts';
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import { parseCloudEvent, type PlatformEvent } from '../../../libs/domain/event/cloud-event.ts';
import { hasByteOrderMark, isJsonType, registryFrameOf } from '../../../libs/domain/event/event-encoding.ts';
import { jsonErrorAt } from '../../../libs/domain/payload/json-error.ts';
import { ElementTooLongError, elementTexts } from '../../../libs/domain/payload/json-list.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { attributeOf, type Rejection } from '../../../libs/domain/event/rejection.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { malformedJson, notJson } from '../http/malformed-json.ts';
import type { NewEvent } from './platform-event.ts';
import { invalid, ProblemError } from '../http/problem-error.ts';

export type CloudEventForm = 'structured' | 'batch' | 'binary';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set when the body is no form of ours: it stays bytes. */
    cloudEventForm?: CloudEventForm;
    cloudEvents?: ReadCloudEvents;
  }
}

export interface ReadCloudEvent {
  /** Place in the request. */
  readonly index: number;
  readonly event: NewEvent;
  /** The event's own. */
  readonly traceparent: string | null;
  /** It has a time, and nobody can read it. */
  readonly isTimeUnread: boolean;
}

export interface ReadCloudEvents {
  readonly form: CloudEventForm;
  readonly events: readonly ReadCloudEvent[];
  /** Of the others. */
  readonly problems: readonly FieldProblem[];
  /** SHA-256 of all that says what the events are: in the binary form that is headers too. */
  readonly hash: string;
}

interface RequestParts {
  readonly form: CloudEventForm;
  readonly contentType: string | undefined;
  /** Names and values in turns, as Node.js has them. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** What is parsed and hashed in one step; no event is larger. */
const stepBytesMax = 1024 * 1024;

/** Null: a form of ours, or one of CloudEvents that is not taken. */
export function cloudEventFormOf(headers: Readonly<Record<string, unknown>>): CloudEventForm | null {
  const type = mediaTypeOf(headers['content-type']);
  if (type === cloudEventTypes.batch) return 'batch';
  if (type === cloudEventTypes.structured || type === 'application/cloudevents') return 'structured';
  if (type.startsWith('application/cloudevents')) return null;
  return Object.keys(headers).some((name) => /^ce-(id|type|source|specversion)$/.test(name)) ? 'binary' : null;
}

export function mediaTypeOf(contentType: unknown): string {
  return typeof contentType === 'string' ? (contentType.split(';', 1)[0] ?? '').trim().toLowerCase() : '';
}

/** @throws ProblemError when the request as a whole cannot be read */
export async function readCloudEvents(parts: RequestParts): Promise<ReadCloudEvents> {
  const { form, body, contentType } = parts;
  const attributes = attributesIn(parts.rawHeaders);
  const turns = new TimeSlices();
  const hash = await hashOf(parts, attributes, turns);
  if (form === 'batch') return { form, hash, ...(await readBatch(body, attributes, turns)) };
  if (body.length > stepBytesMax) throw tooLarge('The event');
  if (form === 'structured' && body.length === 0) throw bodyMissing();
  const type = contentType === undefined ? {} : { 'content-type': Buffer.from(contentType) };
  return { form, hash, ...readAll([readOne(body, { ...attributes, ...type }, 0, form)]) };
}

async function readBatch(body: Buffer, attributes: Readonly<Record<string, Buffer>>, turns: TimeSlices) {
  const [beside] = Object.keys(attributes);
  if (beside !== undefined) {
    const message = 'Attributes of a batch are in its body, in each event.';
    throw invalid([{ path: `/${beside.replace('_', '-')}`, rule: 'unknown', message }]);
  }
  if (body.length === 0) throw bodyMissing();
  if (!isUtf8(body)) throw notUtf8();
  const text = textOf(body);
  await turns.over();
  const headers = { 'content-type': Buffer.from(cloudEventTypes.structured) };
  const read: (ReadCloudEvent | FieldProblem)[] = [];
  try {
    let at = text.indexOf('[') + 1;
    for (const element of elementTexts(text, stepBytesMax)) {
      await turns.over();
      if (read.length === eventsMax) {
        throw invalid([{ path: '', rule: 'maxItems', message: `A batch has at most ${eventsMax} events.` }]);
      }
      const one = readOne(Buffer.from(element), headers, read.length, 'batch');
      const where = 'rule' in one ? jsonErrorAt(element) : null;
      if (where !== null) throw malformedJson(text, at + where);
      read.push(one);
      at += element.length + 1;
    }
  } catch (error) {
    if (error instanceof ElementTooLongError) throw tooLarge(`/${read.length}`);
    if (!(error instanceof SyntaxError)) throw error;
    if (text.length <= stepBytesMax && jsonErrorAt(text) === null) {
      throw invalid([{ path: '', rule: 'type', message: 'A batch is a JSON list of events.' }]);
    }
    throw notJson(text, error);
  }
  if (read.length === 0) {
    throw invalid([{ path: '', rule: 'minItems', message: 'A batch has at least one event.' }]);
  }
  return readAll(read);
}

function readAll(read: readonly (ReadCloudEvent | FieldProblem)[]) {
  return {
    events: read.filter((one) => 'event' in one),
    problems: read.filter((one) => 'rule' in one),
  };
}

/** As fan-out reads a record. @throws ProblemError malformed_json */
function readOne(
  body: Buffer,
  headers: Readonly<Record<string, Buffer>>,
  index: number,
  form: CloudEventForm,
): ReadCloudEvent | FieldProblem {
  const record = { value: body.length === 0 ? null : body, headers };
  if (registryFrameOf(record) !== null) {
    const detail = 'values of a schema registry are only read from Kafka: send JSON';
    return problemOf({ reason: 'unparsable', detail }, index, form);
  }
  const parsed = parseCloudEvent(record);
  if (parsed.ok) return readEvent(parsed.event, index);
  const type = headers['content-type']?.toString();
  const isJson = form !== 'binary' || type === undefined || isJsonType(type);
  if (form !== 'batch' && parsed.rejection.reason === 'unparsable' && isJson && body.length > 0) refuseBrokenJson(body);
  return problemOf(parsed.rejection, index, form);
}

function readEvent({ timeMs, isTimeUnread, dataText, ...said }: PlatformEvent, index: number): ReadCloudEvent {
  // Before 1970 is a mistake of a clock: fan-out takes the time of the record for it.
  const isTimeKept = timeMs !== null && timeMs >= 0;
  const event: NewEvent = {
    id: said.id,
    type: said.type,
    ...(said.source === null ? {} : { source: said.source }),
    ...(said.subject === null ? {} : { subject: said.subject }),
    ...(said.clientId === null ? {} : { clientId: said.clientId }),
    ...(isTimeKept ? { time: new Date(timeMs).toISOString() } : {}),
    data: parseLossless(dataText.text),
  };
  const isRefused = isTimeUnread || (timeMs !== null && !isTimeKept);
  return { index, event, traceparent: said.traceparent, isTimeUnread: isRefused };
}

/** Where a problem of an event is, by its CloudEvents name. @param path within the event as the API has it */
export function pointerTo(form: CloudEventForm, index: number, path: string): string {
  const named = path === '/clientId' ? '/clientid' : path;
  if (form !== 'binary') return `${form === 'batch' ? `/${index}` : ''}${named}`;
  // The body is the data, and everything else is in headers.
  if (named === '/data' || named.startsWith('/data/')) return named.slice('/data'.length);
  return named === '' ? '' : `/ce-${named.slice(1)}`;
}

function problemOf(rejection: Rejection, index: number, form: CloudEventForm): FieldProblem {
  const attribute = attributeOf(rejection);
  const path = pointerTo(form, index, attribute === null ? '' : `/${attribute}`);
  const { reason, detail } = rejection;
  return { path, rule: reason, message: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.` };
}

/** As a record on Kafka has them. HTTP protocol binding, section 3.1.3.2: values are percent-encoded. */
function attributesIn(rawHeaders: readonly string[]): Record<string, Buffer> {
  const attributes: Record<string, Buffer> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!name.startsWith('ce-')) continue;
    const attribute = `ce_${name.slice(3)}`;
    if (Object.hasOwn(attributes, attribute)) {
      throw invalid([{ path: `/${name}`, rule: 'once', message: 'It is given more than once.' }]);
    }
    attributes[attribute] = percentDecoded(rawHeaders[index + 1] ?? '');
  }
  return attributes;
}

function percentDecoded(text: string): Buffer {
  const bytes = text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

async function hashOf(
  { form, contentType, body }: RequestParts,
  attributes: Record<string, Buffer>,
  turns: TimeSlices,
) {
  const hash = createHash('sha256');
  const named = Object.entries(attributes).map(([name, value]) => [name, value.toString('latin1')] as const);
  const sorted = named.sort(([one], [other]) => (one < other ? -1 : 1));
  hash.update(`${JSON.stringify([form, contentType ?? null, sorted])}\n`);
  for (let start = 0; start < body.length; start += stepBytesMax) {
    hash.update(body.subarray(start, start + stepBytesMax));
    await turns.over();
  }
  return hash.digest('hex');
}

function refuseBrokenJson(body: Buffer): void {
  if (!isUtf8(body)) throw notUtf8();
  const text = textOf(body);
  const at = jsonErrorAt(text);
  if (at !== null) throw malformedJson(text, at);
}

function textOf(body: Buffer): string {
  return body.toString('utf8', hasByteOrderMark(body) ? 3 : 0);
}

function notUtf8(): ProblemError {
  return new ProblemError('malformed_json', 'The body is not UTF-8.');
}

function bodyMissing(): ProblemError {
  return invalid([{ path: '', rule: 'required', message: 'A body is required.' }]);
}

function tooLarge(where: string): ProblemError {
  return new ProblemError('payload_too_large', `${where} has more than ${stepBytesMax} bytes.`);
}
