/** In: an event as it is published over HTTP. Out: the CloudEvent that goes onto platform.events, as any producer's would. */
import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import type { newEventSchema } from '../../../libs/api-contract/events.ts';
import { rawNumberOf } from '../../../libs/domain/payload/lossless-json.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';

export type NewEvent = Static<typeof newEventSchema>;

/** What is set for an event that does not say so itself. */
export interface EventIdentity {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  /** W3C Trace Context of the request. */
  readonly traceparent: string | null;
}

const sourceDefault = '/v1/events';
/** In UTF-8. An index of PostgreSQL takes 2,704 bytes a row. */
const nameBytesMax = 1_024;

/**
 * What names an event among those of its client: no id and no source has a line break. Of the default source it is the id alone, as
 * versions that did not know of sources kept it. Of a name that is too long for an index, its hash.
 */
export function nameWithin(source: string | undefined, id: string): string {
  const name = source === undefined || source === sourceDefault ? id : `${source}\n${id}`;
  if (Buffer.byteLength(name) <= nameBytesMax) return name;
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** Of what is said beside the id and the source: the same however the members of its data are ordered. */
export function contentHashOf({ type, subject, time, data }: NewEvent): string {
  const content = JSON.stringify([type, subject ?? null, time ?? null, ordered(data ?? null)]);
  return createHash('sha256').update(content).digest('base64url');
}

/** A request's body is no deeper than 100 levels. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || rawNumberOf(value) !== null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  // In an object, so that no list is taken for it.
  return { members: members.map(([name, part]) => [name, ordered(part)]) };
}

const contentType = 'application/cloudevents+json; charset=utf-8';

/** Keyed by client, so that what is published for one client in order arrives in order. */
export function platformEvent(
  topic: string,
  event: NewEvent,
  { id, time, traceparent }: EventIdentity,
): OutgoingRecord & { readonly value: Buffer } {
  const attributes = {
    specversion: '1.0',
    id,
    source: event.source ?? sourceDefault,
    type: event.type,
    time,
    ...(event.subject === undefined ? {} : { subject: event.subject }),
    ...(event.clientId === undefined ? {} : { clientid: event.clientId }),
    datacontenttype: 'application/json',
    data: event.data ?? null,
  };
  const value = Buffer.from(JSON.stringify(attributes));
  const headers = { 'content-type': contentType, ...(traceparent === null ? {} : { traceparent }) };
  return { topic, key: event.clientId ?? id, value, headers };
}
