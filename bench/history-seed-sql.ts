/**
 * A made-up history as SQL, set-based, one day a transaction. In: a day and how many events it has. Out: statements
 * that fill its partitions of event, delivery and delivery_attempt. Holds: ids carry the time that their partition is
 * chosen by, keys fit together, so that whatever the API does with one delivery works.
 *
 * The traffic is uneven, as it is in life: the first client has three tenths of it, the second a tenth and not one
 * failure, the others the rest; of the types one is in one event of 20,000. Each event goes to two webhooks.
 */
import { latencySlotsMs } from '../libs/domain/delivery/delivery-stats.ts';

export interface SeededTenants {
  readonly clients: number;
  readonly webhooksPerClient: number;
}

export const usualTenants: SeededTenants = { clients: 20, webhooksPerClient: 10 };
export const deliveriesPerEvent = 2;
export const rareEventType = 'invoice.voided';
export const seededEventTypes = [
  'order.created',
  'order.paid',
  'order.sent',
  'order.returned',
  'customer.created',
  'customer.changed',
  'invoice.created',
  'invoice.paid',
] as const;

export function seededClientId(client: number): string {
  return `seed-${client}`;
}

export function seededWebhookId(client: number, webhook: number): string {
  return `wh_seed_${client}_${webhook}`;
}

export interface SeededDay {
  /** Its first moment, Unix milliseconds. */
  readonly startMs: number;
  /** How much of it has events, in milliseconds. */
  readonly spanMs: number;
  readonly events: number;
  /** Some of its deliveries still wait. */
  readonly isRecent: boolean;
}

/** Tenants and their webhooks, not active: nothing is sent to them. */
export const seedTenants = ({ clients, webhooksPerClient }: SeededTenants) => `
insert into client (id, name, created_at)
select 'seed-' || c, 'Seed ' || c, now() from generate_series(0, ${clients - 1}) c on conflict do nothing;
insert into webhook (id, client_id, url, event_types, is_active, disabled_by, format, ordering, max_in_flight, timeout_ms,
  retry_policy, signature_algorithm, masked_headers, version, created_at, updated_at)
select 'wh_seed_' || c || '_' || w, 'seed-' || c, 'https://example.com/hook', '["*"]', false, 'operator', 'json', 'inOrder', 1,
  5000, '{"maxAttempts":6,"baseDelayMs":5000,"maxDelayMs":86400000,"backoffFactor":12,"jitter":0.2}', 'hmac-sha256', '{}', 1,
  now(), now()
from generate_series(0, ${clients - 1}) c, generate_series(0, ${webhooksPerClient - 1}) w on conflict do nothing`;

/** Such as delivery_p20260131: as housekeeping names them. */
export function seededPartition(table: string, { startMs }: SeededDay): string {
  return `${table}_p${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** Temporary tables with what the day's rows are made of. */
export function pickDay(
  { startMs, spanMs, events, isRecent }: SeededDay,
  { clients, webhooksPerClient }: SeededTenants,
): string {
  const types = seededEventTypes.map((type) => `'${type}'`).join(', ');
  return `
create temp table seed_event on commit drop as
select *, pg_temp.at_ms(ms) as at, 'seed-' || c as client_id, ${timedId('ms', "'event' || event_id")} as event_key
from (
  select ms, w, 'seed-${startMs / 86_400_000}-' || g as event_id,
    case when rc < 0.3 then 0 when rc < 0.4 then 1 else 2 + floor((rc - 0.4) / 0.6 * ${clients - 2})::int end as c,
    case when rt < 0.00005 then '${rareEventType}'
      else (array[${types}])[1 + floor(rt * rt * ${seededEventTypes.length})::int] end as event_type
  from (
    select g, ${startMs}::bigint + floor(random() * ${spanMs})::bigint as ms, random() as rc, random() as rt,
      floor(random() * ${webhooksPerClient})::int as w
    from generate_series(1, ${events}) g) rolled) named
order by ms;
create temp table seed_delivery on commit drop as
select *, case
    when c <> 1 and roll < 0.01 then 'failed_permanent'
    when ${isRecent} and roll < 0.015 then 'failed_retryable'
    when ${isRecent} and roll < 0.02 then 'pending'
    else 'delivered' end as status
from (
  select ms, at, c, client_id, event_id, event_key, event_type, random() as roll,
    5 + floor(-ln(1 - random()) * 40)::int as latency_ms,
    'wh_seed_' || c || '_' || (w + n) % ${webhooksPerClient} as webhook_id,
    ${timedId('ms', 'event_id || n')} as id
  from seed_event, generate_series(0, ${deliveriesPerEvent - 1}) n) rolled
order by ms`;
}

export function fillEvents(table: string, tenants: SeededTenants): string {
  return `
insert into ${table} (event_key, day_time, event_id, event_type, source, client_id, kind, received_at, data, decisions,
  source_topic, source_partition, source_offset)
select event_key, at, event_id, event_type, '/seed', client_id, 'event', at + interval '3 ms',
  convert_to('{"orderId":"' || event_id || '","amount":' || (ms % 100000) / 100.0 || ',"currency":"EUR","note":"' || md5(event_id) || '"}', 'UTF8'),
  jsonb_build_array(${[0, 1].map((n) => decision(n, tenants)).join(', ')}), 'platform.events', 0, 0
from seed_event`;
}

export function fillDeliveries(table: string): string {
  return `
insert into ${table} (id, day_time, webhook_id, client_id, event_id, event_key, event_type, kind, format, status, reason,
  attempt_count, created_at, next_attempt_at, last_attempt_at, last_round_at, last_round, last_attempt, last_latency_ms,
  last_response_code)
select id, at, webhook_id, client_id, event_id, event_key, event_type, 'event', 'json', status, ${reason}, ${attempts},
  at + interval '3 ms', case when status = 'failed_retryable' then now() + interval '1 hour' end,
  case when status <> 'pending' then at + ${attempts} * interval '20 ms' end,
  case when status <> 'pending' then at end, case when status <> 'pending' then '' end,
  nullif(${attempts}, 0), case when status <> 'pending' then latency_ms end,
  case status when 'pending' then null when 'delivered' then 200 else 503 end
from seed_delivery`;
}

export function fillAttempts(table: string): string {
  return `
insert into ${table} (delivery_id, round, attempt, day_time, round_at, trigger, started_at, status, reason, latency_ms,
  request_headers, response_code, response_headers, response_body_sample, response_body_truncated)
select id, '', n, at, at, case n when 1 then 'first' else 'retry' end, at + n * interval '20 ms',
  case when n < ${attempts} then 'failed_retryable' else status end,
  case when n < ${attempts} then 'http' else ${reason} end, latency_ms,
  json_build_object('content-type', 'application/json', 'user-agent', 'DeeperHub-Webhooks/0.1.0', 'webhook-id', id,
    'webhook-timestamp', ms / 1000, 'x-deeperhub-event', event_type, 'x-deeperhub-attempt', n),
  case when n < ${attempts} or status <> 'delivered' then 503 else 200 end,
  '{"content-type":"text/plain","date":"Sat, 14 Mar 2026 09:26:53 GMT"}'::json, '\\x6f6b', false
from seed_delivery, generate_series(1, ${attempts}) n`;
}

/** What charts are drawn from: five minutes of the last days, hours and their sums of what is older. */
export function fillStats({ isRecent }: SeededDay): string {
  const [table, width] = isRecent ? ['delivery_stats', '5 min'] : ['delivery_stats_hour', '1 hour'];
  const groups = isRecent ? '(2, client_id, webhook_id)' : '(2, client_id, webhook_id), (2, client_id), (2)';
  return `
insert into ${table}
select coalesce(client_id, ''), date_bin('${width}', at, 'epoch'), coalesce(webhook_id, ''),
  count(*) filter (where status = 'delivered'), count(*) filter (where status = 'failed_retryable'),
  count(*) filter (where status = 'failed_permanent'),
  ${[0, ...latencySlotsMs]
    .map((bound, index, bounds) => {
      const upTo = bounds[index + 1];
      return `count(*) filter (where latency_ms > ${bound}${upTo === undefined ? '' : ` and latency_ms <= ${upTo}`})`;
    })
    .join(', ')}
from seed_delivery where status <> 'pending' group by grouping sets (${groups})
on conflict do nothing`;
}

export const makeTimeFunction = `
create function pg_temp.at_ms(ms bigint) returns timestamptz language sql immutable as
$$ select 'epoch'::timestamptz + ms * interval '1 ms' $$`;

const attempts = `(case status when 'pending' then 0 when 'delivered' then 1 + (roll > 0.97)::int else 3 end)`;
const reason = `(case status when 'failed_permanent' then 'exhausted' when 'failed_retryable' then 'http' end)`;

function decision(n: number, { webhooksPerClient }: SeededTenants): string {
  return `jsonb_build_object('webhookId', 'wh_seed_' || c || '_' || (w + ${n}) % ${webhooksPerClient}, 'clientId', client_id,
    'decision', 'matched', 'deliveryId', ${timedId('ms', `event_id || ${n}`)}, 'format', 'json')`;
}

/** UUID v8 with a time in front, as libs/domain/ids.ts makes them; what follows is another hash. */
function timedId(ms: string, seed: string): string {
  return `(lpad(to_hex(${ms}), 12, '0') || '8' || substr(md5(${seed}), 1, 3) || '8' || substr(md5(${seed}), 4, 15))::uuid`;
}
