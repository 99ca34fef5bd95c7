/** The filters of deliveries, from a request to the history. */
import type { listWebhookDeliveries } from '../../../libs/api-contract/deliveries.ts';
import type { QueryOf } from '../../../libs/api-contract/operation.ts';
import { countRangeOf, type DeliveryTraits } from '../../../libs/domain/delivery/delivery-traits.ts';
import { invalid } from '../http/problem-error.ts';
import { refuseEmptyRange, timeRangeOf } from '../http/time-range.ts';

type DeliveryQuery = QueryOf<typeof listWebhookDeliveries>;

/** @throws ProblemError */
export function deliveryFilterOf(query: DeliveryQuery) {
  const { status, eventType, eventId } = query;
  const traits: DeliveryTraits = {
    status: status === undefined ? undefined : [status].flat(),
    reason: query.reason,
    responseCode: query.responseCode,
    errorKind: query.errorKind,
    kind: query.kind,
    trigger: query.trigger,
    attempts: query.attempts,
    attemptedFrom: query.attemptedFrom,
    attemptedTo: query.attemptedTo,
    arrivedFrom: query.arrivedFrom,
    arrivedTo: query.arrivedTo,
  };
  judgeTraits(traits, '');
  return { ...traits, eventType, eventId, ...timeRangeOf(query) };
}

/**
 * What nothing could fit: an empty list would hide the mistake.
 * @param at path of what has the traits
 * @throws ProblemError
 */
export function judgeTraits(traits: DeliveryTraits, at: string): void {
  refuseEmptyRange(at, ['attemptedFrom', 'attemptedTo'], traits.attemptedFrom, traits.attemptedTo);
  refuseEmptyRange(at, ['arrivedFrom', 'arrivedTo'], traits.arrivedFrom, traits.arrivedTo);
  if (traits.attempts?.some((text) => countRangeOf(text) === null) === true) {
    const message = 'A range ends no earlier than it begins: 2..5, 2.. or ..5.';
    throw invalid([{ path: `${at}/attempts`, rule: 'range', message }]);
  }
}
