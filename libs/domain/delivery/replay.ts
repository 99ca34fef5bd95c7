/**
 * A replay: many deliveries of a client sent again, as a job. In: what to send, and how far it is. Out: the deliveries
 * of the next batch. Holds: a batch that is made twice is the same batch, because a replay is one round of attempts:
 * its id names the round, so that a crash between sending and remembering leaves no trace in the history.
 */
import type { Delivery, DeliveryKind } from './delivery.ts';
import type { DeliveryTraits } from './delivery-traits.ts';
import { resentDelivery, type PastEvent } from './direct-delivery.ts';
import { parseFilter } from '../filter/filter.ts';
import { deliveryIdOf, eventKeyOf, timeOfId } from '../ids.ts';
import { parseLossless } from '../payload/lossless-json.ts';
import type { Decision, WebhookEvent } from '../event/webhook-event.ts';
import type { PayloadFormat } from '../webhook/webhook.ts';

export type ReplayStatus = 'pending' | 'running' | 'finished' | 'cancelled' | 'failed';

/** Which deliveries of the client; what is left out excludes nothing. */
export interface ReplayFilter extends DeliveryTraits {
  readonly webhookId?: string;
  readonly eventType?: string;
  /** These, and of them what all else asks for. */
  readonly deliveryIds?: readonly string[];
  /** What did not arrive because the webhook was disabled; with the status `failed_permanent` what failed besides, too. */
  readonly missedWhileDisabled?: boolean;
  /**
   * RFC 3339, of what was missed: deliveries that ended, and events that came, at this time or later. An event's own time
   * does not matter: what waited, or came late, is older than the moment at which the webhook was disabled.
   */
  readonly missedSince?: string;
  /** RFC 3339, of a rewind (rewind.ts): all events of this time or later that the webhook named here is for. */
  readonly rewindTo?: string;
  /** RFC 3339: events of this time or later. */
  readonly from?: string;
  /** RFC 3339: events before this time. */
  readonly to?: string;
}

/**
 * How far a replay is: first the deliveries that there are, in the order of their ids, then the events that made none
 * because the webhook was disabled, in the order of their keys.
 */
export interface ReplayPosition {
  readonly phase: 'deliveries' | 'events';
  /** The last id that was looked at; null: none yet. */
  readonly after: string | null;
}

export const replayStart: ReplayPosition = { phase: 'deliveries', after: null };

export function replayPositionText({ phase, after }: ReplayPosition): string {
  return `${phase}:${after ?? ''}`;
}

export function replayPositionOf(text: string | null): ReplayPosition {
  const [, phase, after = ''] = /^(deliveries|events):(.*)$/.exec(text ?? '') ?? [];
  if (phase === undefined) return replayStart;
  return { phase: phase as ReplayPosition['phase'], after: after === '' ? null : after };
}

export const replayBatchMax = 100;
/** Deliveries a second of one that says nothing of it. */
export const replayPaceDefault = 50;

/** Half a second's worth: a slow pace is even, a quick one goes in batches that Kafka likes. */
export function replayBatchSize(pacePerSecond: number): number {
  return Math.min(Math.max(Math.ceil(pacePerSecond / 2), 1), replayBatchMax);
}

/** How long after a batch the next one goes, in milliseconds. */
export function replayPauseMs(deliveries: number, pacePerSecond: number): number {
  return Math.ceil((deliveries * 1000) / pacePerSecond);
}

/** The webhook as it is now. */
export interface ReplayTarget {
  readonly id: string;
  readonly clientId: string;
  readonly isActive: boolean;
  readonly format: PayloadFormat;
  /** JSON text of the filter language; null: none. */
  readonly filter: string | null;
  /** What is held for it is on its way by its rewind. Default: it is not rewound. */
  readonly isRewound?: boolean;
}

/** A delivery as the history has it; without its event it cannot be made again. */
export interface PastDeliveryRow {
  /** The key in the history. */
  readonly id: string;
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly clientId: string;
  readonly kind: DeliveryKind;
  readonly eventKey: string | null;
  readonly format: PayloadFormat | null;
}

/** Null when there is nothing to send, or nobody to send it to. */
export function replayedDelivery(
  replayId: string,
  row: PastDeliveryRow,
  event: PastEvent | null,
  target: ReplayTarget | null,
  now: number,
): Delivery | null {
  const { format } = row;
  if (event === null || format === null || target === null || !target.isActive) return null;
  return resentDelivery({ ...row, format }, event, { trigger: 'replay', round: replayId }, now);
}

export interface MissedDelivery {
  readonly delivery: Delivery;
  /** The same event with its decision made good, so that the history knows the delivery as one of its own. */
  readonly event: WebhookEvent;
}

/**
 * A delivery that fan-out did not make because the webhook was disabled. Its ids are those that it would have had.
 * Null when the webhook is no more, still disabled, or its filter does not want the event.
 */
export function missedDelivery(
  replayId: string,
  event: WebhookEvent,
  decision: Pick<Decision, 'webhookId'> & Partial<Pick<Decision, 'decision'>>,
  target: ReplayTarget | null,
  now: number,
): MissedDelivery | null {
  if (target === null || !wants(target, event)) return null;
  if (decision.decision === 'held' && target.isRewound === true) return null;
  return deliveryTo(replayId, event, { ...target, id: decision.webhookId }, now);
}

/**
 * The delivery of an event to a webhook, whether or not it had one already: with the ids that fan-out gives it. The webhook's
 * filter is not asked: whoever chose the events chose the webhook too. Null when it is no more, or disabled.
 */
export function deliveryTo(
  replayId: string,
  event: WebhookEvent,
  target: ReplayTarget | null,
  now: number,
): MissedDelivery | null {
  if (target === null || !target.isActive) return null;
  const { id: webhookId, clientId, format } = target;
  const deliveryId = missedDeliveryId(event, webhookId);
  const past = { deliveryId, webhookId, clientId, kind: event.kind, format };
  return {
    delivery: resentDelivery(past, event, { trigger: 'replay', round: replayId }, now),
    event: { ...event, decisions: [{ webhookId, clientId, decision: 'matched', deliveryId, format }] },
  };
}

/**
 * By the version that took the event, as its key tells: one that left sources out may have begun this replay, and a batch
 * that it made is made again under the same keys.
 */
function missedDeliveryId({ eventKey, clientId, eventId, source }: WebhookEvent, webhookId: string): string {
  const isWithoutSource = eventKey === eventKeyOf(timeOfId(eventKey), clientId, eventId);
  return deliveryIdOf(eventId, webhookId, isWithoutSource ? null : source);
}

/** Fan-out decides `disabled` before it asks the filter. */
function wants(target: ReplayTarget, event: WebhookEvent): boolean {
  if (target.filter === null) return true;
  const filter = parseFilter(parseLossless(target.filter));
  if (!filter.ok) return false;
  return filter.matches({
    id: event.eventId,
    type: event.eventType,
    source: event.source,
    subject: event.subject,
    time: new Date(event.time).toISOString(),
    data: parseLossless(event.data.toString('utf8')),
  });
}
