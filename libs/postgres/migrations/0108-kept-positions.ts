/** Which topic a kept position is one of: a topic that was made anew has another id under the same name. */
import { Migration } from '@mikro-orm/migrations';

export class KeptPositions extends Migration {
  override name = '0108-kept-positions';

  override up(): void {
    this.addSql('alter table consumer_offset add column topic_id text');
  }
}
