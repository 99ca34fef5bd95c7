/** Which clients an event type is for. Few types are for some alone: the index is of these. */
import { Migration } from '@mikro-orm/migrations';

export class EventTypeVisibility extends Migration {
  override name = '0243-event-type-visibility';

  override up(): void {
    this.addSql('alter table event_type add column visible_to text[]');
    this.addSql('create index event_type_restricted on event_type (type) where visible_to is not null');
  }
}
