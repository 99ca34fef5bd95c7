/** The pauses of a webhook before its last one that something may wait from. */
import { Migration } from '@mikro-orm/migrations';

export class EarlierPauses extends Migration {
  override name = '0237-earlier-pauses';

  override up(): void {
    this.addSql('alter table webhook add column earlier_pauses jsonb');
  }
}
