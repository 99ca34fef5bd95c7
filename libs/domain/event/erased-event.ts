/**
 * What an erased event leaves behind. In: what was read for the history, and which events are erased. Out: the same, where of
 * those nothing is left but ids, times, decisions and how attempts went. Holds: whatever comes late of an erased event brings
 * nothing of it back, a copy included.
 */
import type { KeptOutcome } from '../delivery/outcome.ts';
import { deliveryIdOf, isTimeless } from '../ids.ts';
import type { WebhookEvent } from './webhook-event.ts';

export interface ErasedEvent {
  readonly eventId: string;
  readonly source: string | null;
  /** Null: a broadcast. */
  readonly clientId: string | null;
}

/** An event has JSON text, which is never empty: so a row without any says that it was erased. */
export function isErased({ data }: { readonly data: { readonly length: number } }): boolean {
  return data.length === 0;
}

export function withoutErasedData(event: WebhookEvent, erased: readonly ErasedEvent[]): WebhookEvent {
  const isOne = erased.some(
    ({ eventId, source, clientId }) =>
      eventId === event.eventId && source === event.source && clientId === event.clientId,
  );
  return isOne ? { ...event, data: Buffer.alloc(0), subject: null } : event;
}

/** What the endpoint was sent and answered goes; that it was, when, and with which code stays. */
export function withoutErasedAnswer(outcome: KeptOutcome, erased: readonly ErasedEvent[]): KeptOutcome {
  if (!erased.some((event) => isOf(outcome, event))) return outcome;
  return { ...outcome, requestHeaders: {}, responseHeaders: {}, responseBodySample: null, errorMessage: null };
}

function isOf({ deliveryId, eventId, clientId, webhookId }: KeptOutcome, erased: ErasedEvent): boolean {
  if (erased.eventId !== eventId || (erased.clientId !== null && erased.clientId !== clientId)) return false;
  // An id that carries a time says nothing of the source: rather too much of another event than anything of this one.
  return !isTimeless(deliveryId) || deliveryIdOf(eventId, webhookId, erased.source) === deliveryId;
}
