/** What was set aside on platform.events.rejected, for operators who ask the API: to look through, and to send again. */
import { Migration } from '@mikro-orm/migrations';

const table = `
create table rejected_event (
  -- Begins with the time of the rejection: lists, times and retention need no other index.
  id text collate "C" primary key,
  rejected_at timestamptz not null,
  reason text not null,
  detail text not null,
  partition integer not null,
  "offset" bigint not null,
  source_topic text,
  source_partition integer,
  source_offset bigint,
  source_at timestamptz,
  key text,
  value text,
  value_state text not null,
  value_bytes integer not null,
  redrive_count integer not null,
  refusal text,
  -- When it is to be sent again; put off while somebody is at it.
  redrive_at timestamptz,
  redriven_at timestamptz,
  redrive_problem text
)`;

export class RejectedEvents extends Migration {
  override name = '0235-rejected-events';

  override up(): void {
    this.addSql(table);
    this.addSql('create index rejected_event_reason on rejected_event (reason, id)');
    this.addSql('create index rejected_event_source on rejected_event (source_topic, id)');
    this.addSql('create index rejected_event_redrive on rejected_event (redrive_at) where redrive_at is not null');
  }
}
