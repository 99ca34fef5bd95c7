/** What an event becomes, part by part, and what is to be told of it. */
import type { IsEnough } from '../../libs/domain/delivery/fan-out.ts';
import type { Rejection } from '../../libs/domain/event/rejection.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import type { Span } from '../../libs/runtime/tracing.ts';

/** A key that was deleted, and no event; or a record that the mapping of its topic leaves out. */
export type NothingOf = 'tombstone' | 'skipped';

/** A part of what an event becomes; of most events there is only one. */
export interface HandledEvent {
  readonly records: readonly OutgoingRecord[];
  readonly eventType: string | null;
  /** In this part, and in all of them so far. */
  readonly deliveries: number;
  readonly deliveriesSoFar: number;
  /** Makes the next part; null: this is the last one, and with it the event is done. */
  readonly rest: ((isEnough: IsEnough) => HandledEvent) | null;
  readonly rejection: Rejection | null;
  /** Why nothing comes of it; null: something does. */
  readonly nothingOf: NothingOf | null;
  /** A defect of ours, when that is why it was rejected. */
  readonly defect: unknown;
  /** Data did not fit a schema that only warns. */
  readonly schemaWarning: string | null;
  /** Nobody knows whether it fits its schema: that takes too long to tell. In the first part. */
  readonly isSchemaOverBudget: boolean;
  /** Its type is deprecated in the catalogue. */
  readonly isDeprecated: boolean;
  /** A copy of it came shortly before: webhooks that have that do not get this one. */
  readonly isCopy: boolean;
  /** It has a time that cannot be read: that of its record took its place. */
  readonly isTimeUnread: boolean;
  /** Webhooks whose filter was not judged to its end, in this part. */
  readonly filtersOverBudget: readonly string[];
  /** Of what it became. */
  readonly traceparent: string | null;
  /** To be ended once all of it is acknowledged; null: its trace is not sampled, or tracing is off. */
  readonly span: Span | null;
}

export function nothingOf(kind: NothingOf | null): HandledEvent {
  return {
    records: [],
    eventType: null,
    deliveries: 0,
    deliveriesSoFar: 0,
    rest: null,
    rejection: null,
    nothingOf: kind,
    defect: null,
    schemaWarning: null,
    isSchemaOverBudget: false,
    isDeprecated: false,
    isCopy: false,
    isTimeUnread: false,
    filtersOverBudget: [],
    traceparent: null,
    span: null,
  };
}
