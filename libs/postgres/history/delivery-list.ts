/**
 * The statements of lists of deliveries, and of their counts. Holds: what an index serves is read from it in the order in
 * which it is shown; what none serves is looked for among a bounded number of rows, so that a filter that little fits
 * costs no more than another one.
 */
import type { DeliveryTraits } from '../../domain/delivery/delivery-traits.ts';
import { traitNames } from '../../domain/delivery/delivery-traits.ts';
import type { DeliveryStatus } from '../../domain/delivery/outcome.ts';
import { Conditions } from '../conditions.ts';
import { traitsCondition } from './delivery-traits-sql.ts';
import { dayTimeOf, firstIdAt } from './history-key.ts';
import { seek, type PageRequest } from '../page.ts';
import { dayMs } from '../../domain/day.ts';

export interface DeliveryListFilter extends DeliveryTraits {
  /** Only this client's; null: everybody's. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly webhookId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Events of this time or later. */
  readonly from?: Date | undefined;
  /** Events before this time. */
  readonly to?: Date | undefined;
}

export interface CountRow {
  /** Null: none was counted. */
  readonly status: DeliveryStatus | null;
  readonly count: number;
  /** The same in every row: there are more than were counted. */
  readonly hasMore: boolean;
}

/** Rows that are looked at: fewer where the attempts of each are asked. */
const lookedMaxOf = { page: { usual: 5_000, attempts: 1_000 }, count: { usual: 50_000, attempts: 10_000 } } as const;
/** More are not counted. */
export const deliveryCountMax = 10_000;

/** The statement of a page of deliveries; `isBounded`: it may end before the page is full, and its rows say so. */
export function deliveryList(filter: DeliveryListFilter, request: PageRequest<string>) {
  const isBounded = !isServed(filter);
  const conditions = ofOwner(filter);
  const wanted = isBounded ? restOf(conditions, filter) : served(conditions, filter);
  addTimes(conditions, filter);
  const { after, before = null } = request;
  conditions
    .add('day_time <= ?', before === null && after !== null ? dayTimeOf(after) : null)
    .add('day_time >= ?', before === null ? null : dayTimeOf(before));
  const tail = seek(conditions, 'id', 'desc', request);
  const { values } = conditions;
  if (!isBounded)
    return { sql: `select ${deliveryColumns} from delivery ${conditions.where} ${tail}`, values, isBounded };
  const order = before === null ? 'id desc' : 'id';
  const lookedMax = lookedMaxFor('page', filter);
  const sql = `
    select * from (
      select ${deliveryColumns}, (${wanted}) as "isWanted", row_number() over (order by ${order}) = ${lookedMax} as "isLast"
      from delivery ${conditions.where} order by ${order} limit ${lookedMax}
    ) looked where "isWanted" or "isLast" ${tail}`;
  return { sql, values, isBounded };
}

/** The statement that counts them: at most {@link deliveryCountMax}, among the newest {@link lookedMaxOf}. It has a row at least. */
export function deliveryCount(filter: DeliveryListFilter, lookedMax: number = lookedMaxFor('count', filter)) {
  const conditions = ofOwner(filter);
  const wanted = restOf(conditions, filter);
  addTimes(conditions, filter);
  const sql = `
    with found as materialized (
      select * from (
        select status, (${wanted}) as is_wanted, row_number() over (order by id desc) = ${lookedMax} as is_last
        from delivery ${conditions.where} order by id desc limit ${lookedMax}
      ) looked where is_wanted or is_last limit ${deliveryCountMax + 1}
    ), counted as (select * from found where is_wanted limit ${deliveryCountMax})
    select status, count(status)::int as count, "hasMore"
    from (select coalesce(bool_or(is_last), false) or count(*) > ${deliveryCountMax} as "hasMore" from found) ends
    left join counted on true group by status, "hasMore"`;
  return { sql, values: conditions.values };
}

function lookedMaxFor(what: keyof typeof lookedMaxOf, { trigger }: DeliveryListFilter): number {
  return lookedMaxOf[what][trigger === undefined ? 'usual' : 'attempts'];
}

/** Whether an index has these in the order of the list, or so many of them beside others that few are passed over. */
function isServed(filter: DeliveryListFilter): boolean {
  const { ids, status } = filter;
  if (traitNames.some((name) => name !== 'status' && filter[name] !== undefined)) return false;
  return ids !== undefined || status === undefined || status.length === 1 || isWaiting(status);
}

const waiting: readonly DeliveryStatus[] = ['pending', 'failed_retryable'];

function isWaiting(status: readonly DeliveryStatus[]): boolean {
  return status.every((one) => waiting.includes(one));
}

function ofOwner({ webhookId, scope, clientId, ids }: DeliveryListFilter): Conditions {
  // A webhook is one client's. PostgreSQL does not know, takes the two for a rare coincidence, and would rather read all
  // of the webhook's deliveries and sort them: so the client is only compared.
  const isOfClient = webhookId === undefined ? 'client_id = ?' : 'coalesce(client_id = ?, false)';
  return (
    new Conditions()
      // Pings are kept for whoever waits for one, and are no part of the history.
      .add('kind <> ?', 'ping')
      .add(isOfClient, scope)
      .add(isOfClient, clientId)
      .add('webhook_id = ?', webhookId)
      .add('id = any(?)', ids)
      .add(
        'day_time = any(?)',
        ids?.map((id) => dayTimeOf(id)?.toISOString()),
      )
  );
}

/** All that is asked for, as conditions of the scan. */
function served(conditions: Conditions, { status, eventType }: DeliveryListFilter): string {
  const [first, ...others] = status ?? [];
  if (others.length === 0) conditions.add('status = ?', first);
  else conditions.add('status = any(?)', status);
  conditions.add('event_type = ?', eventType);
  return 'true';
}

/** What an index has is a condition of the scan; what none has is looked for among its rows. */
function restOf(conditions: Conditions, filter: DeliveryListFilter): string {
  const { scope, clientId, webhookId, eventType, status, ...traits } = filter;
  const isOfOne = scope !== null || clientId !== undefined || webhookId !== undefined;
  const isStatusServed =
    status !== undefined && ((isOfOne && isFailed(status)) || (webhookId !== undefined && isWaiting(status)));
  if (isStatusServed) served(conditions, { scope, status });
  const isTypeServed = isOfOne && webhookId === undefined && !isStatusServed;
  if (isTypeServed) served(conditions, { scope, eventType });
  const rest = traitsCondition(conditions, isStatusServed ? traits : { ...traits, status });
  return eventType === undefined || isTypeServed ? rest : `event_type = ${conditions.value(eventType)} and ${rest}`;
}

function isFailed(status: readonly DeliveryStatus[]): boolean {
  return status.every((one) => one === 'failed_permanent');
}

/** The day's time leaves out partitions, the id is what the index is sorted by. */
function addTimes(conditions: Conditions, { from, to, arrivedTo, attemptedTo }: DeliveryListFilter): void {
  conditions
    .add('day_time >= ?', from)
    .add('id >= ?', from && firstIdAt(from))
    .add('day_time < ?', to)
    .add('id < ?', to && firstIdAt(to));
  for (const end of [arrivedTo, attemptedTo]) {
    if (end === undefined) continue;
    const last = new Date(Date.parse(end) + dayMs);
    conditions.add('day_time < ?', last).add('id < ?', firstIdAt(last));
  }
}

export const deliveryColumns = `id, coalesce(message_id, id) as "deliveryId", webhook_id as "webhookId", client_id as "clientId", event_id as "eventId", event_key as "eventKey",
  event_type as "eventType", kind, format, status, reason, attempt_count as "attemptCount", created_at as "createdAt",
  next_attempt_at as "nextAttemptAt", last_attempt_at as "lastAttemptAt", last_response_code as "lastResponseCode"`;
