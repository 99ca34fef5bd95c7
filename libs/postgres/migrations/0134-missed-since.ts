/** Since when what ended as disabled was missed, for the replay that is handed out when a webhook is well again. */
import { Migration } from '@mikro-orm/migrations';

export class MissedSince extends Migration {
  override name = '0134-missed-since';

  override up(): void {
    this.addSql('alter table webhook add column missed_since timestamptz');
  }
}
