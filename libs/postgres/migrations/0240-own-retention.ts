/** How long the history keeps events of a type, and what a client has: shorter than everything else. Null: as long. */
import { Migration } from '@mikro-orm/migrations';

export class OwnRetention extends Migration {
  override name = '0240-own-retention';

  override up(): void {
    for (const table of ['client', 'event_type']) {
      this.addSql(`alter table ${table} add column retention_days int check (retention_days > 0)`);
    }
  }
}
