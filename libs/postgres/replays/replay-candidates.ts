/**
 * What a replay sends, from the history. In: its filter and how far it is. Out: the next few, and how far that brings
 * it. Holds: each question looks at a bounded stretch of the history, however few of it the filter wants, so that a
 * replay never keeps the database busy for long.
 */
import type { DeliveryStatus } from '../../domain/delivery/outcome.ts';
import type { PastDeliveryRow, ReplayFilter } from '../../domain/delivery/replay.ts';
import type { RewoundWebhook } from '../../domain/delivery/rewind.ts';
import type { Decision, WebhookEvent } from '../../domain/event/webhook-event.ts';
import type { Run } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { traitsCondition } from '../history/delivery-traits-sql.ts';
import { dayTimeOf, firstIdAt, isTimelessId } from '../history/history-key.ts';
import { countPastEvents } from './past-events.ts';
import { eventColumns, eventOf, type EventRow } from './replay-events.ts';
import { dayMs } from '../../domain/day.ts';

/** The deliveries that a replay is about. */
export interface ReplayRange {
  readonly clientId: string;
  readonly filter: ReplayFilter;
  /** Events before this time, where the filter names none. */
  readonly before: Date;
}

export interface Found<Item> {
  readonly items: readonly Item[];
  /** Everything up to here was looked at; null: there is nothing more. */
  readonly upTo: string | null;
}

/** Rows that one question looks at. */
const scanMax = 2_000;
/** The same where they are only counted. */
export const countScanMax = 5_000;
/** More are not counted. */
export const replayCountMax = 1_000_000;

const statusDefault: readonly DeliveryStatus[] = ['failed_permanent'];

/** The next deliveries, in the order of ids. */
export async function deliveriesAfter(
  run: Run,
  range: ReplayRange,
  after: string | null,
  limit: number,
): Promise<Found<PastDeliveryRow>> {
  const conditions = await deliveriesWithin(run, range, after);
  const wanted = wantedDelivery(conditions, range.filter);
  const rows = await run<PastDeliveryRow & { isWanted: boolean; looked: number }>(
    `with looked as materialized (
      select id, message_id, webhook_id, client_id, kind, event_key, format, ${wanted} as is_wanted
      from delivery ${conditions.where} order by id limit ${scanMax})
    select id, coalesce(message_id, id) as "deliveryId", webhook_id as "webhookId", client_id as "clientId", kind, event_key as "eventKey", format,
      is_wanted as "isWanted", (select count(*)::int from looked) as looked
    from looked where is_wanted or id = (select id from looked order by id desc limit 1) order by id`,
    conditions.values,
  );
  return found(rows, limit, ({ id }) => id);
}

/** An event with the decisions of the client's webhooks that were `disabled`. */
export interface MissedEvent {
  readonly event: WebhookEvent;
  readonly decisions: readonly Decision[];
}

/** The next events that made no delivery because a webhook was disabled, in the order of keys. */
export async function missedEventsAfter(
  run: Run,
  range: ReplayRange,
  after: string | null,
  limit: number,
): Promise<Found<MissedEvent>> {
  const { clientId, filter } = range;
  const conditions = eventsWithin(range, after);
  const missed = missedDecisions(conditions, clientId, filter);
  const scan = (owner: string) =>
    `(select ${eventColumns}, ${missed} as missed from event ${conditions.where} and ${owner}
      order by event_key limit ${scanMax})`;
  const rows = await run<MissedRow & { isWanted: boolean; looked: number }>(
    `with looked as materialized (
      select * from (${scan(`client_id = ${conditions.value(clientId)}`)} union all ${scan('client_id is null')}) both_kinds
      order by "eventKey" limit ${scanMax})
    select *, jsonb_array_length(missed) > 0 as "isWanted", (select count(*)::int from looked) as looked
    from looked
    where jsonb_array_length(missed) > 0
      or "eventKey" = (select "eventKey" from looked order by "eventKey" desc limit 1) order by "eventKey"`,
    conditions.values,
  );
  const { items, upTo } = found(rows, limit, ({ eventKey }) => eventKey);
  return { items: items.map((row) => ({ event: eventOf(row), decisions: row.missed })), upTo };
}

/**
 * How many the filter names now, at most {@link replayCountMax}; null when that is not known by the time it `isOver`. Each
 * question looks at a bounded stretch, so that the one under way then is short. Filters of webhooks are not asked.
 */
export async function countCandidates(run: Run, range: ReplayRange, isOver: () => boolean): Promise<number | null> {
  if (range.filter.rewindTo !== undefined) return countRewound(run, range, isOver);
  const steps = range.filter.missedWhileDisabled === true ? [countDeliveries, countMissed] : [countDeliveries];
  let count = 0;
  for (const step of steps) {
    let after: string | null = null;
    do {
      if (isOver()) return null;
      const { wanted, looked, last }: Counted = await step(run, range, after);
      count += wanted;
      if (count >= replayCountMax) return replayCountMax;
      after = looked < countScanMax ? null : last;
    } while (after !== null);
  }
  return count;
}

/** Null too when the webhook is no more. */
async function countRewound(
  run: Run,
  { clientId, filter: { webhookId, rewindTo = '' }, before }: ReplayRange,
  isOver: () => boolean,
): Promise<number | null> {
  const [webhook] = await run<RewoundWebhook>(
    `select id, client_id as "clientId", event_types as "eventTypes" from webhook where id = $1 and client_id = $2`,
    [webhookId, clientId],
  );
  if (webhook === undefined) return null;
  return countPastEvents(run, webhook, { from: new Date(rewindTo), before }, replayCountMax, isOver);
}

interface Counted {
  readonly wanted: number;
  readonly looked: number;
  /** The last one that was looked at; null when there was none. */
  readonly last: string | null;
}

async function countDeliveries(run: Run, range: ReplayRange, after: string | null): Promise<Counted> {
  const conditions = await deliveriesWithin(run, range, after);
  const wanted = wantedDelivery(conditions, range.filter);
  return counted(
    run,
    `select id as key, case when ${wanted} then 1 else 0 end as wanted
    from delivery ${conditions.where} order by id limit ${countScanMax}`,
    conditions,
  );
}

async function countMissed(run: Run, range: ReplayRange, after: string | null): Promise<Counted> {
  const { clientId, filter } = range;
  const conditions = eventsWithin(range, after);
  const missed = missedDecisions(conditions, clientId, filter);
  const scan = (owner: string) =>
    `(select event_key as key, ${missed} as missed from event ${conditions.where} and ${owner}
      order by event_key limit ${countScanMax})`;
  return counted(
    run,
    `select key, jsonb_array_length(missed) as wanted
    from (${scan(`client_id = ${conditions.value(clientId)}`)} union all ${scan('client_id is null')}) both_kinds
    order by key limit ${countScanMax}`,
    conditions,
  );
}

async function counted(run: Run, looked: string, { values }: Conditions): Promise<Counted> {
  const [row] = await run<Counted>(
    `with looked as materialized (${looked})
    select coalesce(sum(wanted), 0)::int as wanted, count(*)::int as looked,
      (select key from looked order by key desc limit 1) as last
    from looked`,
    values,
  );
  return row ?? { wanted: 0, looked: 0, last: null };
}

/** Rows that are wanted, and perhaps the last one that was looked at. */
function found<Row extends { readonly isWanted: boolean; readonly looked: number }>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
): Found<Row> {
  const wanted = rows.filter(({ isWanted }) => isWanted);
  const items = wanted.slice(0, limit);
  const last = items.at(-1);
  if (wanted.length > limit && last !== undefined) return { items, upTo: idOf(last) };
  const lookedAt = rows.at(-1);
  const isEnd = lookedAt === undefined || lookedAt.looked < scanMax;
  return { items, upTo: isEnd ? null : idOf(lookedAt) };
}

/** The client's deliveries in the range of time; of a webhook, the client is only compared (libs/postgres/history/delivery-view.ts). */
async function deliveriesWithin(run: Run, { clientId, filter, before }: ReplayRange, after: string | null) {
  const isOfClient = filter.webhookId === undefined ? 'client_id = ?' : 'coalesce(client_id = ?, false)';
  // Written out, so that the index of those that failed is used: they are few among all of the webhook's.
  const areFailed = (filter.status ?? statusDefault).every((status) => status === 'failed_permanent');
  const chosen = filter.deliveryIds && (await keysOf(run, clientId, filter.deliveryIds));
  const kinds = areFailed ? `kind <> ? and status = 'failed_permanent'` : 'kind <> ?';
  const conditions = new Conditions()
    .add(kinds, 'ping')
    .add(isOfClient, clientId)
    .add('webhook_id = ?', filter.webhookId)
    .add('id = any(?)', chosen)
    .add(
      'day_time = any(?)',
      chosen?.map((id) => dayTimeOf(id)?.toISOString()),
    );
  return timesWithin(conditions, filter, before, 'id', after);
}

/** The keys of chosen deliveries: of several copies of an event, that of the newest. What is no id of a delivery names nothing. */
async function keysOf(run: Run, clientId: string, deliveryIds: readonly string[]): Promise<string[]> {
  const names = deliveryIds.filter(isTimelessId);
  const keys = deliveryIds.filter((id) => dayTimeOf(id) !== null);
  if (names.length === 0) return keys;
  const rows = await run<{ id: string }>(
    `select distinct on (message_id) id from delivery where message_id = any($1) and client_id = $2
    order by message_id, id desc`,
    [names, clientId],
  );
  return [...keys, ...rows.map(({ id }) => id)];
}

function eventsWithin({ filter, before }: ReplayRange, after: string | null): Conditions {
  const conditions = new Conditions().add('event_type = ?', filter.eventType);
  return timesWithin(conditions, filter, before, 'event_key', after);
}

/** The day's time leaves out partitions, the id is what the index is sorted by. */
function timesWithin(
  conditions: Conditions,
  filter: ReplayFilter,
  before: Date,
  key: string,
  after: string | null,
): Conditions {
  const from = filter.from === undefined ? null : new Date(filter.from);
  // What was missed, came at some time, or is chosen, may have any time of its own: also one to come, which ids carry up to a day ahead.
  const { missedSince, arrivedFrom, arrivedTo, deliveryIds } = filter;
  const isAnyTime = (missedSince ?? arrivedFrom ?? arrivedTo ?? deliveryIds) !== undefined;
  const toDefault = isAnyTime ? new Date(before.getTime() + dayMs) : before;
  const to = filter.to === undefined ? toDefault : new Date(filter.to);
  return conditions
    .add('day_time >= ?', from)
    .add(`${key} >= ?`, from && firstIdAt(from))
    .add('day_time < ?', to)
    .add(`${key} < ?`, firstIdAt(to))
    .add('day_time >= ?', after === null ? null : dayTimeOf(after))
    .add(`${key} > ?`, after);
}

function wantedDelivery(conditions: Conditions, filter: ReplayFilter): string {
  const ofType = filter.eventType === undefined ? 'true' : `event_type = ${conditions.value(filter.eventType)}`;
  if (filter.missedWhileDisabled === true) {
    const arrived = arrivedWithin(conditions, filter, 'created_at');
    const since =
      filter.missedSince === undefined ? 'true' : `last_attempt_at >= ${conditions.value(filter.missedSince)}`;
    // With the status, also those that failed while it was active, such as those for which it was disabled.
    const reason = filter.status === undefined ? `reason = 'disabled'` : 'true';
    return `(${ofType} and ${arrived} and status = 'failed_permanent' and ${reason} and ${since})`;
  }
  const { status = statusDefault } = filter;
  return `(${ofType} and ${traitsCondition(conditions, { ...filter, status })})`;
}

/** When a delivery was made first is when its event came, or when it was seen, if that was more than an hour later. */
function arrivedWithin(conditions: Conditions, { arrivedFrom, arrivedTo }: ReplayFilter, column: string): string {
  const from = arrivedFrom === undefined ? 'true' : `${column} >= ${conditions.value(arrivedFrom)}`;
  return arrivedTo === undefined ? from : `${from} and ${column} < ${conditions.value(arrivedTo)}`;
}

/** Of an event that came at another time, none. */
function missedDecisions(conditions: Conditions, clientId: string, filter: ReplayFilter): string {
  const { webhookId, missedSince } = filter;
  const names = conditions.value(JSON.stringify({ client: clientId, webhook: webhookId ?? null }));
  const ofWebhook = webhookId === undefined ? '' : ' && @.webhookId == $webhook';
  const missed = `jsonb_path_query_array(decisions,
    '$[*] ? ((@.decision == "disabled" || @.decision == "held") && @.clientId == $client${ofWebhook})', ${names}::jsonb)`;
  const since = missedSince === undefined ? 'true' : `received_at >= ${conditions.value(missedSince)}`;
  return `case when ${since} and octet_length(data) > 0 and ${arrivedWithin(conditions, filter, 'received_at')} then ${missed} else '[]' end`;
}

interface MissedRow extends EventRow {
  readonly missed: readonly Decision[];
}
