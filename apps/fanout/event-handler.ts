/**
 * In: one record of a platform topic, or of webhook.notices. Out: the records that it becomes: the event with its
 * decisions and its deliveries, or the record itself on platform.events.rejected.
 * Holds: never throws and never answers with nothing, so no event stops the stream or gets lost in it; the audience is
 * decided before any webhook is looked up; the schema sees the data as it came, everything after it masked.
 */
import { parseCloudEvent, type PlatformEvent } from '../../libs/domain/cloud-event.ts';
import type { Delivery } from '../../libs/domain/delivery.ts';
import { audienceOf, bodyBytesMax, fanOut, webhookOfNotice } from '../../libs/domain/fan-out.ts';
import type { Subscription, SubscriptionTable } from '../../libs/domain/match.ts';
import type { Rejection } from '../../libs/domain/rejection.ts';
import type { WebhookEvent } from '../../libs/domain/webhook-event.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import type { Span, Tracer } from '../../libs/runtime/tracing.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { eventSpan } from './event-span.ts';
import { rejectedRecord } from './rejected-record.ts';

/** What the value of a record was when it was Avro: its JSON text, or why it cannot be read. */
export type DecodedAvro = { readonly json: string } | { readonly problem: string };

export interface HandledEvent {
  readonly records: readonly OutgoingRecord[];
  readonly eventType: string | null;
  readonly deliveries: number;
  readonly rejection: Rejection | null;
  /** A defect of ours, when that is why it was rejected. */
  readonly defect: unknown;
  /** Data did not fit a schema that only warns. */
  readonly schemaWarning: string | null;
  /** Its type is deprecated in the catalogue. */
  readonly isDeprecated: boolean;
  /** Of what it became. */
  readonly traceparent: string | null;
  /** To be ended once all of it is acknowledged; null: its trace is not sampled, or tracing is off. */
  readonly span: Span | null;
}

export interface EventHandlerOptions {
  readonly table: SubscriptionTable;
  readonly catalogue: Catalogue;
  readonly encodeEvent: (event: WebhookEvent) => Buffer;
  readonly encodeDelivery: (delivery: Delivery) => Buffer;
  readonly topics: { events: string; deliveries: string; rejected: string; notices: string };
  readonly payloadBytesMax: number;
  readonly unknownEventTypes: 'accept' | 'reject';
  readonly historyMs: number;
  readonly tracer?: Tracer | undefined;
}

/** An event whose webhooks are found, and nothing done yet. */
export interface ReadEvent {
  /** Those that it may go to, as their filters are not asked. */
  readonly webhookIds: readonly string[];
  readonly found: FoundEvent | RefusedEvent | UnreadEvent;
}

interface FoundEvent {
  readonly kind: 'found';
  readonly event: PlatformEvent;
  readonly entry: CatalogueEntry;
  readonly candidates: readonly Subscription[];
}

interface RefusedEvent {
  readonly kind: 'refused';
  readonly event: PlatformEvent;
  readonly rejection: Rejection;
}

interface UnreadEvent {
  readonly kind: 'unread';
  readonly rejection: Rejection;
  readonly defect: unknown;
}

type Candidates =
  | { readonly ok: true; readonly found: readonly Subscription[] }
  | { readonly ok: false; readonly rejection: Rejection };

export class EventHandler {
  private readonly options: EventHandlerOptions;

  constructor(options: EventHandlerOptions) {
    this.options = options;
  }

  /** What has to be known to tell whose turn an event is: a tenth of the work. */
  read(record: KafkaRecord, avro: DecodedAvro | null): ReadEvent {
    try {
      return this.find(record, avro);
    } catch (defect) {
      return unread(internalError(defect), defect);
    }
  }

  /** @param read of the same record, when it was read just now */
  handle(record: KafkaRecord, avro: DecodedAvro | null, read: ReadEvent = this.read(record, avro)): HandledEvent {
    const { found } = read;
    if (found.kind === 'unread') return { ...this.reject(record, found.rejection), defect: found.defect };
    const { event } = found;
    let span: Span | undefined;
    try {
      span = this.options.tracer?.start(eventSpan(record, event));
      if (span?.isSampled !== true) return this.decide(record, found);
      return { ...this.decide(record, { ...found, event: { ...event, traceparent: span.traceparent } }), span };
    } catch (defect) {
      span?.end({}, 'internal_error');
      return { ...this.reject(record, internalError(defect)), defect };
    }
  }

  private find(record: KafkaRecord, avro: DecodedAvro | null): ReadEvent {
    const bytes = record.value?.length ?? 0;
    if (bytes > this.options.payloadBytesMax) {
      return unread({ reason: 'payload_too_large', detail: `the value has ${bytes} bytes` });
    }
    if (avro !== null && 'problem' in avro) return unread({ reason: 'unparsable', detail: avro.problem });
    const parsed = parseCloudEvent(record, avro?.json ?? null);
    if (!parsed.ok) return unread(parsed.rejection);
    const { event } = parsed;
    const entry = this.options.catalogue.find(event.type);
    const candidates = this.candidatesOf(record, event, entry);
    if (!candidates.ok) return { webhookIds: [], found: { kind: 'refused', event, rejection: candidates.rejection } };
    const webhookIds = candidates.found.map(({ webhookId }) => webhookId);
    return { webhookIds, found: { kind: 'found', event, entry, candidates: candidates.found } };
  }

  private decide(record: KafkaRecord, found: FoundEvent | RefusedEvent): HandledEvent {
    const { event } = found;
    if (found.kind === 'refused') return this.reject(record, found.rejection, event);
    const { entry, candidates } = found;
    const misfit = entry.check?.(event.data) ?? null;
    if (misfit !== null && entry.eventType?.schemaMode === 'enforce') {
      return this.reject(record, { reason: 'schema_violation', detail: misfit }, event);
    }
    const isDeprecated = entry.eventType?.deprecated === true;
    return { ...this.accept(record, event, entry, candidates), schemaWarning: misfit, isDeprecated };
  }

  private candidatesOf(record: KafkaRecord, event: PlatformEvent, entry: CatalogueEntry): Candidates {
    const { table, topics, unknownEventTypes } = this.options;
    const isNotice = record.topic === topics.notices;
    const audience = audienceOf(event, entry.eventType, isNotice ? 'accept' : unknownEventTypes);
    if (audience.kind === 'none') return { ok: false, rejection: audience.rejection };
    if (audience.kind === 'everyone') return { ok: true, found: table.candidates(null, event.type) };
    if (!isNotice) return { ok: true, found: table.candidates(audience.clientId, event.type) };
    // Whoever is told of its own failure by the way that fails is told of that failure too, and so on.
    const about = webhookOfNotice(event);
    const others = table.noticeCandidates(audience.clientId, event.type);
    return { ok: true, found: others.filter(({ webhookId }) => webhookId !== about) };
  }

  private accept(
    record: KafkaRecord,
    event: PlatformEvent,
    entry: CatalogueEntry,
    candidates: readonly Subscription[],
  ): HandledEvent {
    const { encodeEvent, encodeDelivery, historyMs, topics } = this.options;
    const masked = entry.mask.apply(event.data, event.dataText);
    const dataText = Buffer.from(masked.text);
    if (dataText.length > bodyBytesMax) {
      const detail = `the data has ${dataText.length} bytes once it is masked`;
      return this.reject(record, { reason: 'payload_too_large', detail }, event);
    }
    const result = fanOut({ event, dataText, origin: record, candidates, historyMs });
    const records: OutgoingRecord[] = [];
    for (const webhookEvent of result.events) {
      records.push({ topic: topics.events, key: event.id, value: encodeEvent(webhookEvent) });
    }
    for (const delivery of result.deliveries) {
      records.push({ topic: topics.deliveries, key: delivery.webhookId, value: encodeDelivery(delivery) });
    }
    // The event goes on to the others. What one webhook misses is set aside where operators look.
    for (const { webhookId, bodyBytes } of result.tooLarge) {
      const detail = `${bodyBytes} bytes in the format of webhook ${webhookId}`;
      records.push(rejectedRecord(topics.rejected, record, { reason: 'payload_too_large', detail }));
    }
    return {
      records,
      eventType: event.type,
      deliveries: result.deliveries.length,
      rejection: null,
      defect: null,
      schemaWarning: null,
      isDeprecated: false,
      traceparent: event.traceparent,
      span: null,
    };
  }

  private reject(record: KafkaRecord, rejection: Rejection, event: PlatformEvent | null = null): HandledEvent {
    return {
      records: [rejectedRecord(this.options.topics.rejected, record, rejection)],
      eventType: event?.type ?? null,
      deliveries: 0,
      rejection,
      defect: null,
      schemaWarning: null,
      isDeprecated: false,
      traceparent: event?.traceparent ?? null,
      span: null,
    };
  }
}

function unread(rejection: Rejection, defect: unknown = null): ReadEvent {
  return { webhookIds: [], found: { kind: 'unread', rejection, defect } };
}

function internalError(defect: unknown): Rejection {
  return { reason: 'internal_error', detail: defect instanceof Error ? defect.name : typeof defect };
}
