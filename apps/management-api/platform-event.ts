/** In: an event as it is published over HTTP. Out: the CloudEvent that goes onto platform.events, as any producer's would. */
import type { Static } from 'typebox';
import type { newEventSchema } from '../../libs/api-contract/events.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';

export type NewEvent = Static<typeof newEventSchema>;

/** An event whose producer is known and whose id and time are set. */
export interface PlatformEventRecord {
  readonly id: string;
  readonly record: OutgoingRecord & { readonly value: Buffer };
}

const sourceDefault = '/v1/events';
const contentType = 'application/cloudevents+json; charset=utf-8';

/** Keyed by client, so that what is published for one client in order arrives in order. */
export function platformEvent(topic: string, event: NewEvent, newId: string, now: number): PlatformEventRecord {
  const id = event.id ?? newId;
  const attributes = {
    specversion: '1.0',
    id,
    source: event.source ?? sourceDefault,
    type: event.type,
    time: event.time ?? new Date(now).toISOString(),
    ...(event.subject === undefined ? {} : { subject: event.subject }),
    ...(event.clientId === undefined ? {} : { clientid: event.clientId }),
    datacontenttype: 'application/json',
    data: event.data ?? null,
  };
  const value = Buffer.from(JSON.stringify(attributes));
  return { id, record: { topic, key: event.clientId ?? id, value, headers: { 'content-type': contentType } } };
}
