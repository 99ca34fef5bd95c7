/** Rows of the history on their way into their tables, as libs/postgres/history/history-inputs.ts writes them. */
import { Migration } from '@mikro-orm/migrations';

const types = `
create type history_event as (
  event_key uuid, day_time timestamptz, event_id text, decisions jsonb, event_type text, source text, subject text,
  client_id text, kind text, received_at timestamptz, data bytea, source_topic text, source_partition int,
  source_offset bigint, traceparent text
);
create type history_delivery as (
  id uuid, day_time timestamptz, webhook_id text, client_id text, event_id text, event_type text, kind text,
  event_key uuid, format text, created_at timestamptz, status text, reason text, next_attempt_at timestamptz,
  last_attempt_at timestamptz, last_round_at timestamptz, last_round text, last_attempt int, last_latency_ms int,
  last_response_code int, last_error_kind text
);
create type history_attempt as (
  delivery_id uuid, round text, attempt int, day_time timestamptz, round_at timestamptz, trigger text,
  started_at timestamptz, status text, reason text, latency_ms int, request_headers json, response_code int,
  response_headers json, response_body_sample bytea, response_body_truncated boolean, error_kind text,
  error_message text, next_attempt_at timestamptz, traceparent text
);
`;

export class HistoryInputs extends Migration {
  override name = '0040-history-inputs';

  override up(): void {
    this.addSql(types);
  }
}
