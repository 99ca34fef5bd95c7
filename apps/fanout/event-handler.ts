/**
 * In: one record of a platform topic, or of webhook.notices. Out: the records that it becomes, in parts: the event with
 * its decisions and its deliveries, or the record itself on platform.events.rejected.
 * Holds: never throws and never answers with nothing but for a tombstone or what a mapping
 * leaves out, so no event stops the stream or gets lost in it; the audience is
 * decided before any webhook is looked up; the schema sees the data as it came, everything after it masked.
 */
import {
  isTombstone,
  mappedCloudEvent,
  parseCloudEvent,
  type PlatformEvent,
} from '../../libs/domain/event/cloud-event.ts';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import { audienceOf } from '../../libs/domain/delivery/audience.ts';
import { bodyBytesMax, FanOut, webhookOfNotice, type IsEnough } from '../../libs/domain/delivery/fan-out.ts';
import type { Subscription, SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import { tooLargeForWebhook, type Rejection } from '../../libs/domain/event/rejection.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import type { Span, Tracer } from '../../libs/runtime/tracing.ts';
import { wordsOf } from '../../libs/wire/data-schema.ts';
import { isRedriven } from '../../libs/wire/mapping/redriven.ts';
import type { ReadValue } from '../../libs/wire/mapping/record-reader.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import type { CopyMemory } from './copy-memory.ts';
import { eventSpan } from './event-span.ts';
import { keptRecords, type KeptDeliveries } from './kept-deliveries.ts';
import { nothingOf, type HandledEvent, type NothingOf } from './handled-event.ts';
import { rejectedRecord } from './rejected-record.ts';

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
  /** Default: nothing is a copy. */
  readonly copies?: Pick<CopyMemory, 'look' | 'renew'> | undefined;
  /** Default: nothing is kept. */
  readonly kept?: Pick<KeptDeliveries, 'isKept' | 'keep'> | undefined;
  /** Unix milliseconds: when an event came whose record does not say. */
  readonly now: () => number;
}

/** Webhooks that an event may go to. `everyone`: so many that they are not listed. */
export type Concerned = readonly string[] | 'everyone';

/** More webhooks than this are not listed. */
const listedMax = 10_000;
/** An event is wide when it may become more deliveries than this, or more bytes. */
const narrowDeliveriesMax = 250;
const narrowBytesMax = 1024 * 1024;

/** An event whose webhooks are found, and nothing done yet. */
export interface ReadEvent {
  /** It becomes so much that it is written part by part, with others in between. */
  readonly isWide: boolean;
  /** Those that it may go to, as their filters are not asked. */
  readonly webhookIds: Concerned;
  readonly found: FoundEvent | RefusedEvent | UnreadEvent | NoEvent;
}

interface NoEvent {
  readonly kind: 'nothing';
  readonly of: NothingOf;
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

/** An event that is being fanned out. */
interface AcceptedEvent {
  readonly record: KafkaRecord;
  readonly event: PlatformEvent;
  readonly fanOut: FanOut;
  readonly span: Span | null;
  readonly schemaWarning: string | null;
  readonly isDeprecated: boolean;
}

interface HowToMake {
  readonly isEnough: IsEnough;
  readonly span: Span | null;
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
  read(record: KafkaRecord, value: ReadValue | null): ReadEvent {
    try {
      return this.find(record, value);
    } catch (defect) {
      return unread(internalError(defect), defect);
    }
  }

  /**
   * The first part of what the record becomes.
   * @param read of the same record, when it was read just now
   * @param isEnough asked after each webhook: true ends the part. Default: all in one
   */
  handle(
    record: KafkaRecord,
    value: ReadValue | null,
    read: ReadEvent = this.read(record, value),
    isEnough: IsEnough = () => false,
  ): HandledEvent {
    const { found } = read;
    if (found.kind === 'nothing') return nothingOf(found.of);
    if (found.kind === 'unread') return { ...this.reject(record, found.rejection), defect: found.defect };
    const { event } = found;
    let span: Span | undefined;
    try {
      span = this.options.tracer?.start(eventSpan(record, event));
      if (span?.isSampled !== true) return this.decide(record, found, { isEnough, span: null });
      const traced = { ...found, event: { ...event, traceparent: span.traceparent } };
      return this.decide(record, traced, { isEnough, span });
    } catch (defect) {
      span?.end({}, 'internal_error');
      return { ...this.reject(record, internalError(defect)), defect };
    }
  }

  private find(record: KafkaRecord, value: ReadValue | null): ReadEvent {
    if (isTombstone(record)) return nothing('tombstone');
    const bytes = record.value?.length ?? 0;
    if (bytes > this.options.payloadBytesMax) {
      return unread({ reason: 'payload_too_large', detail: `the value has ${bytes} bytes` });
    }
    if (value !== null && 'problem' in value) {
      return unread({ reason: value.reason ?? 'unparsable', detail: value.problem });
    }
    if (value !== null && 'isSkipped' in value) return nothing('skipped');
    const isMapped = value !== null && 'mapped' in value;
    const parsed = isMapped ? mappedCloudEvent(record, value.mapped) : parseCloudEvent(record, value?.json ?? null);
    if (!parsed.ok) return unread(parsed.rejection);
    const { event } = parsed;
    const entry = this.options.catalogue.find(event.type);
    const candidates = this.candidatesOf(record, event, entry);
    if (!candidates.ok) {
      return { isWide: false, webhookIds: [], found: { kind: 'refused', event, rejection: candidates.rejection } };
    }
    const count = candidates.found.length;
    const isWide = count > narrowDeliveriesMax || count * event.dataText.text.length > narrowBytesMax;
    const webhookIds = count > listedMax ? 'everyone' : candidates.found.map(({ webhookId }) => webhookId);
    return { isWide, webhookIds, found: { kind: 'found', event, entry, candidates: candidates.found } };
  }

  private decide(record: KafkaRecord, found: FoundEvent | RefusedEvent, how: HowToMake): HandledEvent {
    const { event } = found;
    const { span } = how;
    if (found.kind === 'refused') return { ...this.reject(record, found.rejection, event), span };
    const { entry, candidates } = found;
    const misfit = entry.check?.(event.data) ?? null;
    const isSchemaOverBudget = misfit?.isOverBudget === true;
    const schemaWarning = misfit === null ? null : wordsOf(misfit);
    if (schemaWarning !== null && entry.eventType?.schemaMode === 'enforce') {
      const rejection = { reason: 'schema_violation', detail: schemaWarning } as const;
      return { ...this.reject(record, rejection, event), isSchemaOverBudget, span };
    }
    const masked = entry.mask.apply(event.data, event.dataText);
    const dataText = Buffer.from(masked.text);
    if (dataText.length > bodyBytesMax) {
      const detail = `the data has ${dataText.length} bytes once it is masked`;
      return { ...this.reject(record, { reason: 'payload_too_large', detail }, event), span };
    }
    const { historyMs, now, copies, kept } = this.options;
    const nowMs = now();
    // A part of what was rejected may have gone out: whoever sends it again wants all of it.
    const known = isRedriven(record) ? undefined : copies;
    const copyOf = (made: WebhookEvent) => known?.look(made, nowMs) ?? null;
    const isKept = (candidate: Subscription) => kept?.isKept(candidate) === true;
    const fanOut = new FanOut({ event, dataText, origin: record, candidates, historyMs, nowMs, copyOf, isKept });
    const isDeprecated = entry.eventType?.deprecated === true;
    const accepted = { record, event, fanOut, span, schemaWarning, isDeprecated };
    return { ...this.part(accepted, 0, how.isEnough), isSchemaOverBudget };
  }

  private candidatesOf(record: KafkaRecord, event: PlatformEvent, entry: CatalogueEntry): Candidates {
    const { table, topics, unknownEventTypes } = this.options;
    const isNotice = record.topic === topics.notices;
    const audience = audienceOf(event, entry.audienceRule, isNotice ? 'accept' : unknownEventTypes);
    if (audience.kind === 'none') return { ok: false, rejection: audience.rejection };
    if (audience.kind === 'everyone') return { ok: true, found: table.candidates(null, event.type) };
    if (audience.kind === 'listed') {
      const found = [...audience.clientIds].flatMap((clientId) => table.candidates(clientId, event.type));
      return { ok: true, found };
    }
    if (!isNotice) return { ok: true, found: table.candidates(audience.clientId, event.type) };
    // Whoever is told of its own failure by the way that fails is told of that failure too, and so on.
    const about = webhookOfNotice(event);
    const others = table.noticeCandidates(audience.clientId, event.type);
    return { ok: true, found: others.filter(({ webhookId }) => webhookId !== about) };
  }

  private part(accepted: AcceptedEvent, deliveriesBefore: number, isEnough: IsEnough): HandledEvent {
    const { encodeEvent, encodeDelivery, topics } = this.options;
    const { record, event, fanOut, span, schemaWarning, isDeprecated } = accepted;
    const part = fanOut.next(isEnough);
    const records: OutgoingRecord[] = [];
    for (const webhookEvent of part.events) {
      records.push({ topic: topics.events, key: event.id, value: encodeEvent(webhookEvent) });
    }
    for (const delivery of part.deliveries) {
      records.push({ topic: topics.deliveries, key: delivery.webhookId, value: encodeDelivery(delivery) });
    }
    for (const one of part.kept) this.options.kept?.keep(one.delivery.webhookId, keptRecords(one, this.options));
    // The event goes on to the others. What one webhook misses is set aside where operators look.
    for (const { webhookId, bodyBytes } of part.tooLarge) {
      records.push(rejectedRecord(topics.rejected, record, tooLargeForWebhook(webhookId, bodyBytes)));
    }
    const deliveriesSoFar = deliveriesBefore + part.deliveries.length;
    if (fanOut.isCopy && fanOut.isDone && deliveriesSoFar > 0) {
      this.options.copies?.renew(fanOut.event, this.options.now());
    }
    return {
      records,
      eventType: event.type,
      deliveries: part.deliveries.length,
      deliveriesSoFar,
      rest: fanOut.isDone ? null : (enough) => this.nextPart(accepted, deliveriesSoFar, enough),
      rejection: null,
      nothingOf: null,
      defect: null,
      schemaWarning,
      isSchemaOverBudget: false,
      isDeprecated,
      isCopy: fanOut.isCopy,
      isTimeUnread: event.isTimeUnread,
      filtersOverBudget: part.overBudget,
      traceparent: event.traceparent,
      span,
    };
  }

  /** A defect ends the event: what was made before it goes out, and the event is set aside as well. */
  private nextPart(accepted: AcceptedEvent, deliveriesBefore: number, isEnough: IsEnough): HandledEvent {
    try {
      return this.part(accepted, deliveriesBefore, isEnough);
    } catch (defect) {
      const { record, event, span } = accepted;
      return { ...this.reject(record, internalError(defect), event), defect, span };
    }
  }

  private reject(record: KafkaRecord, rejection: Rejection, event: PlatformEvent | null = null): HandledEvent {
    return {
      ...nothingOf(null),
      records: [rejectedRecord(this.options.topics.rejected, record, rejection)],
      eventType: event?.type ?? null,
      rejection,
      traceparent: event?.traceparent ?? null,
    };
  }
}

function nothing(of: NothingOf): ReadEvent {
  return { isWide: false, webhookIds: [], found: { kind: 'nothing', of } };
}

function unread(rejection: Rejection, defect: unknown = null): ReadEvent {
  return { isWide: false, webhookIds: [], found: { kind: 'unread', rejection, defect } };
}

function internalError(defect: unknown): Rejection {
  return { reason: 'internal_error', detail: defect instanceof Error ? defect.name : typeof defect };
}
