/** Which process has a batch of a replay under way, and until when unless it says so again. */
import { Migration } from '@mikro-orm/migrations';

export class ReplayClaims extends Migration {
  override name = '0155-replay-claims';

  override up(): void {
    this.addSql('alter table replay add column batch_owner text, add column batch_until timestamptz');
  }
}
