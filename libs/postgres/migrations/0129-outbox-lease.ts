/** Who relays the outbox, and until when unless it says so again. */
import { Migration } from '@mikro-orm/migrations';

export class OutboxLease extends Migration {
  override name = '0129-outbox-lease';

  override up(): void {
    this.addSql(
      'create table outbox_lease (name text primary key, owner text not null, expires_at timestamptz not null)',
    );
  }
}
