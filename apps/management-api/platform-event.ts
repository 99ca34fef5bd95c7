/** In: an event as it is published over HTTP. Out: the CloudEvent that goes onto platform.events, as any producer's would. */
import type { Static } from 'typebox';
import type { newEventSchema } from '../../libs/api-contract/events.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';

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
