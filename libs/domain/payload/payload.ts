/**
 * In: an event as it is kept (its data as JSON text, masked already), who gets it, and the webhook's format.
 * Out: the exact bytes to sign and send, with their Content-Type.
 * Holds: a function of its arguments alone, so the bytes can be made again from the history; data goes into `json`
 * and `cloudevents` as the text it is, so numbers, order and spelling stay as its producer wrote them.
 */
import { parseLossless } from './lossless-json.ts';
import { formFields } from './payload-form.ts';
import { xmlClosing, xmlOpening } from './payload-xml.ts';
import type { PayloadFormat } from '../webhook/webhook.ts';

export interface PayloadEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly source: string | null;
  readonly subject: string | null;
  /** Unix milliseconds. */
  readonly time: number;
  /** UTF-8 JSON text. */
  readonly data: Buffer;
}

export interface PayloadTarget {
  readonly webhookId: string;
  /** As its receiver knows it: its `webhook-id`. */
  readonly deliveryId: string;
  /** The client that owns the webhook. */
  readonly clientId: string;
}

export interface Payload {
  readonly contentType: string;
  readonly body: Buffer;
}

export type ShapePayload = (target: PayloadTarget, format: PayloadFormat) => Payload;

/** What a CloudEvent says when its producer named no source: the attribute must not be empty. */
const unknownSource = '/';

/** The payload of one delivery. For many deliveries of one event, keep {@link payloadShaper}. */
export function shapePayload(event: PayloadEvent, target: PayloadTarget, format: PayloadFormat): Payload {
  return payloadShaper(event)(target, format);
}

/**
 * Shapes one event for many webhooks. In every format the metadata comes last, so all that precedes it is made once per
 * format and each payload costs one copy.
 */
export function payloadShaper(event: PayloadEvent): ShapePayload {
  const heads = new Map<PayloadFormat, Buffer>();
  return (target, format) => {
    let head = heads.get(format);
    if (head === undefined) {
      head = headOf(event, format);
      heads.set(format, head);
    }
    return { contentType: contentTypes[format], body: withTail(head, tailOf(target, format)) };
  };
}

const contentTypes: Readonly<Record<PayloadFormat, string>> = {
  json: 'application/json',
  cloudevents: 'application/cloudevents+json; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
  xml: 'application/xml; charset=utf-8',
};

function headOf(event: PayloadEvent, format: PayloadFormat): Buffer {
  switch (format) {
    case 'json':
      return jsonHead(event);
    case 'cloudevents':
      return cloudEventHead(event);
    case 'form':
      return Buffer.from(`${formFields(eventFields(event))}&`);
    case 'xml':
      return Buffer.from(xmlOpening('event', eventFields(event)));
  }
}

function tailOf(target: PayloadTarget, format: PayloadFormat): string {
  switch (format) {
    case 'json':
      return jsonTail(target);
    case 'cloudevents':
      return cloudEventTail(target);
    case 'form':
      return formFields(targetFields(target));
    case 'xml':
      return xmlClosing('event', targetFields(target));
  }
}

function jsonHead(event: PayloadEvent): Buffer {
  const start = `{"id":${quote(event.eventId)},"type":${quote(event.eventType)},"timestamp":"${timestampOf(event)}","data":`;
  return Buffer.concat([Buffer.from(start), event.data]);
}

function jsonTail(target: PayloadTarget): string {
  return `,"metadata":{"webhookId":${quote(target.webhookId)},"deliveryId":${quote(target.deliveryId)},"clientId":${quote(target.clientId)}}}`;
}

/** CloudEvents 1.0, JSON event format, structured. Who gets it is in extension attributes, in lower case as they must be. */
function cloudEventHead(event: PayloadEvent): Buffer {
  const subject = event.subject === null || event.subject === '' ? '' : `,"subject":${quote(event.subject)}`;
  const start =
    `{"specversion":"1.0","id":${quote(event.eventId)},"source":${quote(event.source ?? unknownSource)}` +
    `,"type":${quote(event.eventType)},"time":"${timestampOf(event)}"${subject},"datacontenttype":"application/json","data":`;
  return Buffer.concat([Buffer.from(start), event.data]);
}

function cloudEventTail(target: PayloadTarget): string {
  return `,"clientid":${quote(target.clientId)},"webhookid":${quote(target.webhookId)},"deliveryid":${quote(target.deliveryId)}}`;
}

/** The members of the json format, for formats that spell each value out; {@link targetFields} follow. */
function eventFields(event: PayloadEvent): Record<string, unknown> {
  return {
    id: event.eventId,
    type: event.eventType,
    timestamp: timestampOf(event),
    data: parseLossless(event.data.toString()),
  };
}

function targetFields({ webhookId, deliveryId, clientId }: PayloadTarget): Record<string, unknown> {
  return { metadata: { webhookId, deliveryId, clientId } };
}

function withTail(head: Buffer, tail: string): Buffer {
  const body = Buffer.allocUnsafe(head.length + Buffer.byteLength(tail));
  head.copy(body);
  body.write(tail, head.length);
  return body;
}

function timestampOf(event: PayloadEvent): string {
  return new Date(event.time).toISOString();
}

function quote(text: string): string {
  return JSON.stringify(text);
}
