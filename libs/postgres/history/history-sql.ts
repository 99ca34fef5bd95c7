/** The statements of the history writer. Each upsert commutes with every other: the order of arrival leaves no trace. */

/** A row of the first table counts rather than one of the second: comparePrecedence (libs/domain/delivery/outcome-precedence.ts). */
function standsOver(a: string, b: string, columns: Readonly<Record<StandingColumn, string>>): string {
  const tuple = (table: string) =>
    `(${table}.${columns.roundAt}, ${table}.${columns.round} collate "C", ${table}.status = 'delivered',
      ${table}.${columns.startedAt}, ${table}.${columns.attempt}, ${table}.status collate "C",
      coalesce(${table}.reason, '') collate "C", coalesce(${table}.next_attempt_at, 'epoch'),
      coalesce(${table}.${columns.latency}, -1), coalesce(${table}.${columns.code}, 0),
      coalesce(${table}.${columns.errorKind}, '') collate "C")`;
  return `${tuple(a)} > ${tuple(b)}`;
}

type StandingColumn = 'roundAt' | 'round' | 'startedAt' | 'attempt' | 'latency' | 'code' | 'errorKind';

const eventColumns =
  'event_type, source, subject, client_id, kind, received_at, data, source_topic, source_partition, source_offset, traceparent';

const arrival = (table: string) =>
  `(${table}.received_at, coalesce(${table}.source_topic, '') collate "C", coalesce(${table}.source_partition, -1),
    coalesce(${table}.source_offset, -1))`;
const isEarlier = `${arrival('excluded')} < ${arrival('event')}`;

/** $1: rows of history_event. */
export const upsertEvents = `
insert into event (event_key, day_time, event_id, decisions, ${eventColumns})
select event_key, day_time, event_id, decisions, ${eventColumns}
from unnest($1::history_event[])
on conflict (event_key, day_time) do update set
  decisions = merge_decisions(event.decisions, excluded.decisions),
  ${eventColumns
    .split(', ')
    .map((column) => `${column} = case when ${isEarlier} then excluded.${column} else event.${column} end`)
    .join(',\n  ')}
where event.decisions is distinct from excluded.decisions or ${isEarlier}`;

const attemptColumnList = [
  'round_at',
  'trigger',
  'started_at',
  'status',
  'reason',
  'latency_ms',
  'request_headers',
  'response_code',
  'response_headers',
  'response_body_sample',
  'response_body_truncated',
  'error_kind',
  'error_message',
  'next_attempt_at',
  'traceparent',
];
const attemptColumns = attemptColumnList.join(', ');
const attemptStanding = {
  roundAt: 'round_at',
  round: 'round',
  startedAt: 'started_at',
  attempt: 'attempt',
  latency: 'latency_ms',
  code: 'response_code',
  errorKind: 'error_kind',
} as const;

/**
 * For attempts that were known already: one that was made twice shows the time that counts. $1: rows of history_attempt.
 * Returns what the changed ones were before.
 */
export const strengthenAttempts = `
update delivery_attempt a set (${attemptColumns}) = row(${attemptColumnList.map((column) => `i.${column}`).join(', ')})
from unnest($1::history_attempt[]) i
where a.delivery_id = i.delivery_id and a.round = i.round and a.attempt = i.attempt and a.day_time = i.day_time
  and ${standsOver('i', 'a', attemptStanding)}
returning a.delivery_id || ' ' || a.round || ' ' || a.attempt as key, old.status, old.latency_ms as "latencyMs",
  (extract(epoch from old.started_at) * 1000)::float8 as "startedAt",
  (extract(epoch from old.next_attempt_at) * 1000)::float8 as "nextAttemptAt",
  (extract(epoch from old.round_at) * 1000)::float8 as "roundAt"`;

const standingColumns =
  'status, reason, next_attempt_at, last_attempt_at, last_round_at, last_round, last_attempt, last_latency_ms, last_response_code, last_error_kind';

const deliveryStanding = {
  roundAt: 'last_round_at',
  round: 'last_round',
  startedAt: 'last_attempt_at',
  attempt: 'last_attempt',
  latency: 'last_latency_ms',
  code: 'last_response_code',
  errorKind: 'last_error_kind',
} as const;

const isNewStanding = `excluded.last_round_at is not null and (delivery.last_round_at is null or ${standsOver('excluded', 'delivery', deliveryStanding)})`;

/**
 * Attempts that were not known, and deliveries with the count of those. $1: rows of history_attempt, $2: of
 * history_named_delivery. Returns how many attempts were added.
 */
export const addAttemptsAndDeliveries = `
with added as (
  insert into delivery_attempt (delivery_id, round, attempt, day_time, ${attemptColumns})
  select delivery_id, round, attempt, day_time, ${attemptColumns} from unnest($1::history_attempt[])
  on conflict do nothing
  returning delivery_id, round, attempt
), counted as (
  select delivery_id, count(*)::int as attempt_count from added group by delivery_id
), upserted as (
insert into delivery (id, day_time, webhook_id, client_id, event_id, event_type, kind, event_key, format, created_at,
  message_id, attempt_count, ${standingColumns})
select id, day_time, webhook_id, client_id, event_id, event_type, kind, event_key, format, created_at,
  message_id, coalesce(attempt_count, 0), ${standingColumns}
from unnest($2::history_named_delivery[]) left join counted on delivery_id = id
order by id
on conflict (id, day_time) do update set
  event_key = least(delivery.event_key, excluded.event_key),
  format = least(delivery.format collate "C", excluded.format collate "C"),
  created_at = least(delivery.created_at, excluded.created_at),
  message_id = least(delivery.message_id, excluded.message_id),
  attempt_count = delivery.attempt_count + excluded.attempt_count,
  ${standingColumns
    .split(', ')
    .map((column) => `${column} = case when ${isNewStanding} then excluded.${column} else delivery.${column} end`)
    .join(',\n  ')}
where excluded.attempt_count > 0
  or excluded.created_at < delivery.created_at
  or least(delivery.event_key, excluded.event_key) is distinct from delivery.event_key
  or least(delivery.format collate "C", excluded.format collate "C") is distinct from delivery.format
  or least(delivery.message_id, excluded.message_id) is distinct from delivery.message_id
  or (${isNewStanding})
)
select (select count(*)::int from added) as added,
  case when (select count(*) from added) < cardinality($1) then
    (select coalesce(array_agg(delivery_id || ' ' || round || ' ' || attempt), '{}') from added) end as "addedKeys"`;

/** What waits for the rewind of its webhook (libs/postgres/replays/held-events.ts). $1: JSON of the rows. */
export const addHeld = `
insert into held_event (webhook_id, event_key, received_at, source_topic, source_partition, source_offset, is_kept)
select * from json_to_recordset($1::json) as i(webhook_id text, event_key uuid, received_at timestamptz,
  source_topic text, source_partition int, source_offset bigint, is_kept boolean)
order by webhook_id, event_key
on conflict do nothing`;
