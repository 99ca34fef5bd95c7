/**
 * In: a platform event that was accepted, its candidates, where it came from. Out: in parts, the event with a decision
 * for each candidate, and a delivery for each match.
 * Holds: a function of its arguments, ids included; the moment counts only for a record without a time of its own, or one that
 * came late, and in ids it counts as its day, so an event that is fanned out twice makes the same things twice;
 * a webhook of another client than the event's is never decided on; what is held between two parts is bounded, however
 * many candidates there are.
 */
import type { PlatformEvent } from '../event/cloud-event.ts';
import type { Delivery } from './delivery.ts';
import { EventBudget } from '../filter/filter-budget.ts';
import type { FilterEvent } from '../filter/filter.ts';
import { deliveryIdsFor, eventKeyOf, idTimeOf } from '../ids.ts';
import { mayHaveLongNumbers, parseLossless } from '../payload/lossless-json.ts';
import type { Subscription } from './match.ts';
import { payloadShaper, type ShapePayload } from '../payload/payload.ts';
import type { Filter } from '../filter/equal-filters.ts';
import { keptTimeOf, startOfDay } from '../event/record-time.ts';
import type { Decision, WebhookEvent } from '../event/webhook-event.ts';

export interface EventOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The timestamp of the Kafka record, in whatever unit its producer wrote it (record-time.ts). */
  readonly timestampMs: number;
}

export interface FanOutInput {
  /** Its data masked. */
  readonly event: PlatformEvent;
  /** UTF-8 JSON text of the data, masked. */
  readonly dataText: Buffer;
  readonly origin: EventOrigin;
  readonly candidates: readonly Subscription[];
  /** How far back the history reaches. */
  readonly historyMs: number;
  /** Unix milliseconds: what counts when the record's own time is none. */
  readonly nowMs: number;
  /** The copy that came before. Default: none did. */
  readonly copyOf?: (event: WebhookEvent) => FirstCopy | null;
  /** Whether deliveries of this webhook are kept in memory, behind which this one has its place. Default: none are. */
  readonly isKept?: (candidate: Subscription) => boolean;
}

/** A copy of an event that was fanned out already. */
export interface FirstCopy {
  /** Unix milliseconds: whoever wanted the event then has it. */
  readonly seenAt: number;
}

/** One after the other they are everything that the event becomes. */
export interface FanOutPart {
  /**
   * The event with decisions. Once, in the last part, unless the decisions do not fit into one record: then as often as
   * needed, with the decisions that no record before had.
   */
  readonly events: readonly WebhookEvent[];
  readonly deliveries: readonly Delivery[];
  /** To be written later, behind what a rewind sends first: each with its event, as it is decided then. */
  readonly kept: readonly KeptDelivery[];
  /** Webhooks in whose format the event is too large for a record: their decision is `filtered`. */
  readonly tooLarge: readonly { readonly webhookId: string; readonly bodyBytes: number }[];
  /** Webhooks whose filter needs more than its client, or all of them together, have left for this event: their decision is `filtered`. */
  readonly overBudget: readonly string[];
}

export interface KeptDelivery {
  readonly delivery: Delivery;
  readonly event: WebhookEvent;
}

/** Asked after each candidate: true ends the part. @param bytes that the part's deliveries take */
export type IsEnough = (bytes: number) => boolean;

/** Answers of filters that are remembered for one event. */
const verdictsMax = 10_000;
/** Of a delivery beside its body. */
const deliveryOverheadBytes = 300;
/** Of a decision beside its ids. */
const decisionOverheadBytes = 110;
/** For decisions, however large the data is. */
const decisionBytesMin = 20_000;

/** Kafka takes records of 1 MiB; what surrounds the body has to fit in too. */
export const bodyBytesMax = 1_000_000;

/** The webhook that a notice is about: it never gets that notice. Null when the notice names none. */
export function webhookOfNotice(event: Pick<PlatformEvent, 'subject' | 'data'>): string | null {
  const { data } = event;
  const named: unknown = typeof data === 'object' && data !== null && 'webhookId' in data ? data.webhookId : null;
  return typeof named === 'string' ? named : event.subject;
}

/** The fan-out of one event, as far as it has come. */
export class FanOut {
  private readonly input: FanOutInput;
  private readonly webhookEvent: WebhookEvent;
  private readonly shape: ShapePayload;
  private readonly deliveryIdOf: (webhookId: string) => string;
  private readonly decisionBytesMax: number;
  private filterEvent: FilterEvent | null = null;
  /** Of filters that were judged whole. */
  private readonly verdicts = new Map<Filter, boolean>();
  private readonly budget = new EventBudget();
  private nextCandidate = 0;
  /** Made, and in no record yet. */
  private decisions: Decision[] = [];
  private decisionBytes = 0;
  private isFinished = false;
  private readonly firstCopy: FirstCopy | null;

  constructor(input: FanOutInput) {
    this.input = input;
    this.webhookEvent = eventOf(input);
    this.firstCopy = input.copyOf?.(this.webhookEvent) ?? null;
    this.shape = payloadShaper(this.webhookEvent);
    this.deliveryIdOf = deliveryIdsFor(input.event.id, input.event.source);
    this.decisionBytesMax = Math.max(bodyBytesMax - input.dataText.length, decisionBytesMin);
  }

  /** True after the last part. */
  get isDone(): boolean {
    return this.isFinished;
  }

  /** It came before. */
  get isCopy(): boolean {
    return this.firstCopy !== null;
  }

  /** As the history will know it, without decisions. */
  get event(): WebhookEvent {
    return this.webhookEvent;
  }

  /** At least one candidate, if any is left, and as many as there are until `isEnough`. */
  next(isEnough: IsEnough): FanOutPart {
    const { candidates } = this.input;
    const part: OpenPart = { events: [], deliveries: [], kept: [], tooLarge: [], overBudget: [] };
    let bytes = 0;
    while (this.nextCandidate < candidates.length) {
      const candidate = candidates[this.nextCandidate] as Subscription;
      this.nextCandidate += 1;
      const delivery = this.decide(candidate, part);
      if (delivery !== null) bytes += delivery.body.length + deliveryOverheadBytes;
      if (isEnough(bytes) && this.nextCandidate < candidates.length) return part;
    }
    this.isFinished = true;
    part.events.push({ ...this.webhookEvent, decisions: this.decisions });
    return part;
  }

  /** @returns the delivery, when it is one */
  private decide(candidate: Subscription, part: OpenPart): Delivery | null {
    const { event } = this.input;
    const { webhookEvent } = this;
    const { webhookId, clientId, format } = candidate;
    if (event.clientId !== null && clientId !== event.clientId) throw new Error('a candidate of another client');
    if (!candidate.isActive) {
      this.note({ ...unmatchedOf(candidate), decision: 'disabled' }, part);
      return null;
    }
    if (candidate.filter !== null && !this.passes(candidate, candidate.filter, part)) {
      this.note({ ...unmatchedOf(candidate), decision: 'filtered' }, part);
      return null;
    }
    if (this.firstCopy !== null && (candidate.wantsSince ?? 0) < this.firstCopy.seenAt) {
      this.note({ ...unmatchedOf(candidate), decision: 'copy', deliveryId: this.deliveryIdOf(webhookId) }, part);
      return null;
    }
    const deliveryId = this.deliveryIdOf(webhookId);
    const { contentType, body } = this.shape({ webhookId, deliveryId, clientId }, format);
    if (body.length > bodyBytesMax) {
      part.tooLarge.push({ webhookId, bodyBytes: body.length });
      this.note({ ...unmatchedOf(candidate), decision: 'filtered' }, part);
      return null;
    }
    const isKept = candidate.rewind === 'joining' || this.input.isKept?.(candidate) === true;
    if (!isKept && candidate.rewind === 'holding') {
      this.note({ ...unmatchedOf(candidate), decision: 'held' }, part);
      return null;
    }
    const createdAt = roundTimeOf(webhookEvent, this.input.nowMs);
    const to = { webhookId, clientId, deliveryId, contentType, body };
    const delivery = firstDelivery(webhookEvent, createdAt, to);
    const matched = { webhookId, clientId, decision: 'matched', deliveryId, format } as const;
    if (isKept) {
      this.note({ ...matched, decision: 'held' }, part);
      part.kept.push({ delivery, event: { ...webhookEvent, decisions: [matched] } });
      return delivery;
    }
    this.note(matched, part);
    part.deliveries.push(delivery);
    return delivery;
  }

  /** Equal filters are judged once. What one costs is counted against its client, and for the event. */
  private passes({ webhookId, clientId }: Subscription, filter: Filter, part: OpenPart): boolean {
    const known = this.verdicts.get(filter);
    if (known !== undefined) return known;
    const budget = this.budget.ofClient(clientId);
    const overBefore = budget.over;
    this.filterEvent ??= filterEventOf(this.input, this.webhookEvent.time);
    const verdict = filter(this.filterEvent, budget);
    if (budget.over > overBefore) part.overBudget.push(webhookId);
    else if (this.verdicts.size < verdictsMax) this.verdicts.set(filter, verdict);
    return verdict;
  }

  private note(decision: Decision, part: OpenPart): void {
    const bytes = decisionOverheadBytes + Buffer.byteLength(decision.webhookId) + Buffer.byteLength(decision.clientId);
    if (this.decisionBytes + bytes > this.decisionBytesMax) {
      part.events.push({ ...this.webhookEvent, decisions: this.decisions });
      this.decisions = [];
      this.decisionBytes = 0;
    }
    this.decisions.push(decision);
    this.decisionBytes += bytes;
  }
}

function unmatchedOf({ webhookId, clientId }: Subscription) {
  return { webhookId, clientId, deliveryId: null, format: null };
}

type TooLarge = FanOutPart['tooLarge'][number];

interface OpenPart {
  readonly events: WebhookEvent[];
  readonly deliveries: Delivery[];
  readonly kept: KeptDelivery[];
  readonly tooLarge: TooLarge[];
  readonly overBudget: string[];
}

function eventOf({ event, origin, dataText, historyMs, nowMs }: FanOutInput): WebhookEvent {
  const recordTimeMs = keptTimeOf(origin.timestampMs, nowMs, historyMs);
  const receivedAt = recordTimeMs ?? nowMs;
  const ownTimeMs = event.timeMs !== null && event.timeMs >= 0 ? event.timeMs : null;
  const time = idTimeOf(ownTimeMs, receivedAt, historyMs, recordTimeMs ?? startOfDay(nowMs));
  return {
    eventId: event.id,
    eventKey: eventKeyOf(time, event.clientId, event.id, event.source),
    eventType: event.type,
    source: event.source,
    subject: event.subject,
    clientId: event.clientId,
    kind: 'event',
    time,
    receivedAt,
    data: dataText,
    decisions: [],
    sourceTopic: origin.topic,
    sourcePartition: origin.partition,
    sourceOffset: origin.offset,
    traceparent: event.traceparent,
  };
}

/** Records that were copied or produced late keep their time. What came later than this is as old as its fan-out. */
const lateMs = 3_600_000;

/** When the first round begins: from then on a delivery grows too old. */
function roundTimeOf({ receivedAt }: WebhookEvent, nowMs: number): number {
  return nowMs - receivedAt > lateMs ? nowMs : receivedAt;
}

function firstDelivery(
  event: WebhookEvent,
  createdAt: number,
  to: Pick<Delivery, 'webhookId' | 'clientId' | 'deliveryId' | 'contentType' | 'body'>,
): Delivery {
  return {
    ...to,
    eventTime: event.time,
    eventId: event.eventId,
    eventType: event.eventType,
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    createdAt,
    traceparent: event.traceparent,
  };
}

/** Read again where it has numbers that were rounded: filters compare them exactly. */
function filterEventOf({ event, dataText }: FanOutInput, time: number): FilterEvent {
  const text = dataText.toString();
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject,
    time: new Date(time).toISOString(),
    data: mayHaveLongNumbers(text) ? parseLossless(text) : event.data,
  };
}
