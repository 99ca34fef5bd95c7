/**
 * A rewind: what the history has for a webhook from a moment on, delivered before what comes. In: events of the history and the webhook as
 * it is now. Out: which of them it gets, and in which portions. Holds: an event of another client is never one of them; the order is
 * that of the events' times, and within a millisecond that of arrival; what comes meanwhile waits in a queue behind them.
 */
import type { DecisionKind } from '../event/webhook-event.ts';
import { patternsFor } from './match.ts';

/**
 * How far it is. `begin`: until new events are held. `past`: the history, up to `after`. `held`: what came meanwhile, up to number
 * `upTo` of the queue; null: that is to be found out. `joining`: fan-out keeps what comes, since this Unix millisecond. `rest`: what was held before.
 * `last`: fan-out writes again; what is left over.
 */
export type RewindPosition =
  | { readonly phase: 'begin' | 'rest' | 'last'; readonly batch: number }
  | { readonly phase: 'past'; readonly after: string | null }
  | { readonly phase: 'held'; readonly upTo: string | null; readonly batch: number }
  | { readonly phase: 'joining'; readonly since: number };

export type RewindPhase = RewindPosition['phase'];

export function rewindPositionText(position: RewindPosition): string {
  switch (position.phase) {
    case 'past':
      return `past:${position.after ?? ''}`;
    case 'held':
      return `held:${position.upTo ?? ''}:${position.batch}`;
    case 'joining':
      return `joining:${position.since}`;
    case 'begin':
    case 'rest':
    case 'last':
      return `${position.phase}:${position.batch}`;
  }
}

/** Null, and what is none, is the begin. */
export function rewindPositionOf(text: string | null): RewindPosition {
  const [phase, first = '', second = ''] = (text ?? '').split(':');
  switch (phase) {
    case 'past':
      return { phase, after: first === '' ? null : first };
    case 'held':
      return { phase, upTo: first === '' ? null : first, batch: Number(second) };
    case 'joining':
      return { phase, since: Number(first) };
    case 'rest':
    case 'last':
      return { phase, batch: Number(first) };
    default:
      return { phase: 'begin', batch: 0 };
  }
}

/** The webhook as it is now. */
export interface RewoundWebhook {
  readonly id: string;
  readonly clientId: string;
  readonly eventTypes: readonly string[];
}

/** An event of the history, without its data. */
export interface PastEventRow {
  readonly eventKey: string;
  readonly eventType: string;
  readonly clientId: string | null;
  readonly kind: 'event' | 'test';
  readonly subject: string | null;
  /** It came by webhook.notices. */
  readonly isNotice: boolean;
  readonly receivedAtMs: number;
  readonly sourceTopic: string | null;
  readonly sourcePartition: number | null;
  readonly sourceOffset: number | null;
  readonly bytes: number;
  /** What fan-out decided of it for this webhook; null: nothing, as for one that was not there yet. */
  readonly decision: DecisionKind | null;
  /** It is in the queue of this rewind. */
  readonly isHeld: boolean;
}

/**
 * Whether it is one for the webhook, its filter aside: by the rules of fan-out (libs/domain/delivery/fan-out.ts). What is in the queue comes later, and of a
 * copy the webhook has the event.
 */
export function isForRewound(event: PastEventRow, webhook: RewoundWebhook): boolean {
  const { clientId, kind, decision, isNotice, isHeld } = event;
  if (kind !== 'event' || (clientId !== null && clientId !== webhook.clientId)) return false;
  if (isHeld || decision === 'copy') return false;
  // `*` brings no notices, and nobody gets those about itself.
  const patterns = patternsFor(event.eventType).filter((pattern) => !isNotice || pattern !== '*');
  return (
    patterns.some((pattern) => webhook.eventTypes.includes(pattern)) && !(isNotice && event.subject === webhook.id)
  );
}

/** Of one millisecond, together at most: more are taken in the order of keys. */
const momentEventsMax = 200;

/** The first part of a key is the time, in milliseconds. */
function momentOf({ eventKey }: Pick<PastEventRow, 'eventKey'>): string {
  return eventKey.slice(0, 13);
}

type Sized = Pick<
  PastEventRow,
  'eventKey' | 'receivedAtMs' | 'sourceTopic' | 'sourcePartition' | 'sourceOffset' | 'bytes'
>;

/**
 * The next portion of rows that lie in the order of keys: `countMax` events and `bytesMax` bytes, or the events of one moment where
 * those are more; one at least. In the order in which they are delivered.
 * @returns with the key up to which all were taken; null: there were none
 */
export function nextPortion<Row extends Sized>(
  rows: readonly Row[],
  countMax: number,
  bytesMax: number,
): { readonly rows: readonly Row[]; readonly upTo: string | null } {
  const taken: Row[] = [];
  let bytes = 0;
  let at = 0;
  while (at < rows.length) {
    const moment = momentAt(rows, at);
    const size = moment.reduce((sum, row) => sum + row.bytes, 0);
    if (taken.length > 0 && (taken.length + moment.length > countMax || bytes + size > bytesMax)) break;
    const isTooMuch = moment.length > momentEventsMax || size > bytesMax;
    const part = isTooMuch ? firstOf(moment, countMax, bytesMax) : moment;
    taken.push(...[...part].sort(compareArrival));
    bytes += size;
    at += part.length;
    if (isTooMuch) break;
  }
  return { rows: taken, upTo: rows[at - 1]?.eventKey ?? null };
}

function momentAt<Row extends Sized>(rows: readonly Row[], from: number): Row[] {
  const moment = momentOf(rows[from] as Row);
  let to = from;
  while (to < rows.length && momentOf(rows[to] as Row) === moment) to += 1;
  return rows.slice(from, to);
}

function firstOf<Row extends Sized>(rows: readonly Row[], countMax: number, bytesMax: number): Row[] {
  const first: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.bytes;
    if (first.length > 0 && (first.length >= countMax || bytes > bytesMax)) break;
    first.push(row);
  }
  return first;
}

/** By the time of their records, then by topic, partition and offset. */
export function compareArrival(a: Omit<Sized, 'eventKey' | 'bytes'>, b: Omit<Sized, 'eventKey' | 'bytes'>): number {
  if (a.receivedAtMs !== b.receivedAtMs) return a.receivedAtMs - b.receivedAtMs;
  const [topicA, topicB] = [a.sourceTopic ?? '', b.sourceTopic ?? ''];
  if (topicA !== topicB) return topicA < topicB ? -1 : 1;
  return (a.sourcePartition ?? -1) - (b.sourcePartition ?? -1) || (a.sourceOffset ?? -1) - (b.sourceOffset ?? -1);
}
