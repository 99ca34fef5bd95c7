/** Everything of the first version: tenants and their webhooks, the catalogue, history by day, health, outbox. */
import { Migration } from '@mikro-orm/migrations';

const tenants = `
create table client (
  id text primary key,
  name text not null,
  created_at timestamptz not null
);

create table api_key (
  id text primary key,
  hash text not null unique,
  prefix text not null,
  role text not null check (role in ('admin', 'client', 'publisher')),
  client_id text references client (id) on delete cascade,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  check (case role when 'client' then client_id is not null when 'admin' then client_id is null else true end)
);
create index api_key_client on api_key (client_id, id);

create table webhook (
  id text primary key,
  client_id text not null references client (id),
  url text not null,
  description text,
  event_types jsonb not null,
  is_active boolean not null,
  disabled_by text check (disabled_by in ('client', 'operator', 'failures', 'gone')),
  disabled_reason text,
  disabled_at timestamptz,
  enabled_at timestamptz,
  filter text,
  format text not null,
  ordering text not null,
  max_in_flight int not null,
  rate_limit_per_second double precision,
  timeout_ms int not null,
  retry_policy jsonb not null,
  signature_algorithm text not null,
  sealed_headers text,
  masked_headers jsonb not null,
  sealed_tls text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index webhook_client on webhook (client_id, id);

create table webhook_secret (
  id text primary key,
  webhook_id text not null references webhook (id) on delete cascade,
  sealed text not null,
  created_at timestamptz not null,
  expires_at timestamptz
);
create index webhook_secret_webhook on webhook_secret (webhook_id, created_at desc);

-- Written by the monitor alone, in the order of the outcomes; rows of deleted webhooks go with housekeeping.
create table webhook_health (
  webhook_id text primary key,
  state text not null,
  consecutive_failures int not null,
  failing_since timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  counted_from timestamptz,
  last_ping_at timestamptz,
  last_ping_delivered boolean,
  windows jsonb not null,
  updated_at timestamptz not null
);

create table event_type (
  type text primary key,
  description text,
  audience text not null check (audience in ('client', 'broadcast')),
  json_schema text,
  schema_mode text not null check (schema_mode in ('off', 'warn', 'enforce')),
  example text,
  sensitive_paths jsonb not null,
  deprecated boolean not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
`;

// Text that producers choose is only in hash indexes: a btree refuses an entry longer than a third of a page.
const history = `
create table event (
  event_key uuid not null,
  day_time timestamptz not null,
  event_id text not null,
  event_type text not null,
  source text,
  subject text,
  client_id text,
  kind text not null,
  received_at timestamptz not null,
  data bytea not null,
  decisions jsonb not null,
  source_topic text,
  source_partition int,
  source_offset bigint,
  traceparent text,
  primary key (event_key, day_time)
) partition by range (day_time);
create table event_default partition of event default;
create index event_event_id on event using hash (event_id);
create index event_client on event (client_id, event_key desc);

create table delivery (
  id uuid not null,
  day_time timestamptz not null,
  webhook_id text not null,
  client_id text not null,
  event_id text not null,
  event_key uuid,
  event_type text not null,
  kind text not null,
  format text,
  status text not null,
  reason text,
  attempt_count int not null,
  created_at timestamptz not null,
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  last_round_at timestamptz,
  last_round text,
  last_attempt int,
  last_latency_ms int,
  last_response_code int,
  last_error_kind text,
  primary key (id, day_time)
) partition by range (day_time);
create table delivery_default partition of delivery default;
create index delivery_event_id on delivery using hash (event_id);
create index delivery_client on delivery (client_id, id desc);
create index delivery_webhook on delivery (webhook_id, id desc);
create index delivery_client_type on delivery (client_id, event_type, id desc);
create index delivery_client_waiting on delivery (client_id, id desc) where status in ('pending', 'failed_retryable');
create index delivery_webhook_waiting on delivery (webhook_id, id desc) where status in ('pending', 'failed_retryable');
create index delivery_client_failed on delivery (client_id, id desc) where status = 'failed_permanent';
create index delivery_webhook_failed on delivery (webhook_id, id desc) where status = 'failed_permanent';

create table delivery_attempt (
  delivery_id uuid not null,
  round text not null,
  attempt int not null,
  day_time timestamptz not null,
  round_at timestamptz not null,
  trigger text not null,
  started_at timestamptz not null,
  status text not null,
  reason text,
  latency_ms int,
  request_headers json not null,
  response_code int,
  response_headers json not null,
  response_body_sample bytea,
  response_body_truncated boolean not null,
  error_kind text,
  error_message text,
  next_attempt_at timestamptz,
  traceparent text,
  primary key (delivery_id, round, attempt, day_time)
) partition by range (day_time);
create table delivery_attempt_default partition of delivery_attempt default;

create table consumer_offset (
  group_id text not null,
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  updated_at timestamptz not null,
  primary key (group_id, topic, partition)
);
`;

// The same event fanned out twice may have met two subscription tables: the stronger decision is what happened.
const mergeDecisions = `
create function merge_decisions(a jsonb, b jsonb) returns jsonb language sql immutable parallel safe as $$
  select coalesce(jsonb_agg(decision order by webhook_id), '[]')
  from (
    select distinct on (decision ->> 'webhookId' collate "C")
      decision, decision ->> 'webhookId' collate "C" as webhook_id
    from jsonb_array_elements(a || b) decision
    order by decision ->> 'webhookId' collate "C",
      array_position(array['matched', 'filtered', 'disabled'], decision ->> 'decision'),
      decision ->> 'format' collate "C" desc nulls last
  ) strongest
$$;
`;

const operations = `
create table audit_entry (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('api_key', 'portal', 'system')),
  actor_id text not null,
  actor_name text,
  client_id text,
  action text not null,
  object_kind text not null,
  object_id text not null,
  before jsonb,
  after jsonb,
  address text,
  request_id text
);
create index audit_entry_client on audit_entry (client_id, id desc);
create index audit_entry_object on audit_entry (object_kind, object_id, id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_entry_append_only before update or delete or truncate on audit_entry
  for each statement execute function refuse_change();

create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  value json,
  headers json not null,
  created_at timestamptz not null
);
create function order_outbox() returns trigger language plpgsql as $$
begin
  -- Held from here to the end of the transaction, so ids are taken in commit order.
  perform pg_advisory_xact_lock(hashtext('webhooks.outbox'));
  return null;
end $$;
create trigger outbox_order before insert on outbox for each statement execute function order_outbox();
create function announce_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('outbox', '');
  return null;
end $$;
create trigger outbox_announce after insert on outbox for each statement execute function announce_outbox();

create table idempotency_key (
  owner text not null,
  key text not null,
  request_hash text not null,
  response_status int,
  response_headers json,
  response_body text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (owner, key)
);
create index idempotency_key_expires on idempotency_key (expires_at);

create table replay (
  id text primary key,
  client_id text not null references client (id),
  webhook_id text,
  filter json not null,
  status text not null,
  pace_per_second int,
  total int,
  done int not null,
  position text,
  error text,
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create index replay_client on replay (client_id, id desc);
create index replay_open on replay (created_at) where status in ('pending', 'running');
`;

export class Initial extends Migration {
  override name = '0001-initial';

  override up(): void {
    for (const part of [tenants, history, mergeDecisions, operations]) this.addSql(part);
  }
}
