/** Indexes that lists are measured to need (npm run bench -- lists), and none beside: each is written with every row. */
import { Migration } from '@mikro-orm/migrations';

// Deliveries of an event are found through the event, which names them. What waits is little: it is found in the index
// by webhook, whoever asks.
const indexes = `
drop index delivery_event_id;
drop index delivery_client_waiting;
create index event_event_type on event (event_type, event_key desc);
`;

export class ListIndexes extends Migration {
  override name = '0023-list-indexes';

  override up(): void {
    this.addSql(indexes);
  }
}
