/** Whom an event is for: decided before a single webhook is looked up. Pure. */
import type { PlatformEvent } from '../event/cloud-event.ts';
import type { AudienceRule } from '../event/event-type.ts';
import type { Rejection } from '../event/rejection.ts';

export type Audience =
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'everyone' }
  /** A broadcast that these clients alone may see. */
  | { readonly kind: 'listed'; readonly clientIds: ReadonlySet<string> }
  | { readonly kind: 'none'; readonly rejection: Rejection };

/**
 * Whom an event is for. `eventType` null: not in the catalogue. A type that is not visible to a client is for that client one that is
 * not catalogued: no broadcast reaches it, and an event that names it is taken or rejected as one of an unknown type is.
 */
export function audienceOf(
  event: Pick<PlatformEvent, 'type' | 'clientId'>,
  eventType: AudienceRule | null,
  unknownEventTypes: 'accept' | 'reject',
): Audience {
  const { clientId } = event;
  const visibleTo = eventType?.visibleTo ?? null;
  const isHidden = clientId !== null && visibleTo !== null && !visibleTo.has(clientId);
  if ((eventType === null || isHidden) && unknownEventTypes === 'reject') {
    const detail = isHidden ? 'the type is not visible to this client' : 'the type is not in the catalogue';
    return { kind: 'none', rejection: { reason: 'unknown_event_type', detail } };
  }
  if (clientId !== null) return { kind: 'client', clientId };
  if (eventType?.audience === 'broadcast') {
    return visibleTo === null ? { kind: 'everyone' } : { kind: 'listed', clientIds: visibleTo };
  }
  const detail = `no clientid, and the type is not ${eventType === null ? 'catalogued' : 'a broadcast'}`;
  return { kind: 'none', rejection: { reason: 'no_audience', detail } };
}
