/** Events that were published over HTTP under an id of their producer: for a day, each once. */
import { Migration } from '@mikro-orm/migrations';

// What is older than a day is looked for by time only, and rows come in the order of time.
const table = `
create table published_event (
  owner text not null,
  event_id text not null,
  event_time text not null,
  claimed_by text,
  claimed_at timestamptz not null,
  is_acknowledged boolean not null,
  expires_at timestamptz not null,
  primary key (owner, event_id)
) with (fillfactor = 80);
create index published_event_expires on published_event using brin (expires_at) with (pages_per_range = 16);
`;

export class PublishedEvents extends Migration {
  override name = '0021-published-events';

  override up(): void {
    this.addSql(table);
  }
}
