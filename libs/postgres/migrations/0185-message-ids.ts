/** The header `webhook-id` of a delivery, where it is another than its id. Its index is in libs/postgres/server/wanted-indexes.ts. */
import { Migration } from '@mikro-orm/migrations';

// A type of its own: projectors of the version before go on writing rows of history_delivery, column by column.
const changes = `
alter table delivery add column message_id uuid;
create type history_named_delivery as (
  id uuid, day_time timestamptz, webhook_id text, client_id text, event_id text, event_type text, kind text,
  event_key uuid, format text, created_at timestamptz, status text, reason text, next_attempt_at timestamptz,
  last_attempt_at timestamptz, last_round_at timestamptz, last_round text, last_attempt int, last_latency_ms int,
  last_response_code int, last_error_kind text, message_id uuid
);
`;

export class MessageIds extends Migration {
  override name = '0185-message-ids';

  override up(): void {
    this.addSql(changes);
  }
}
