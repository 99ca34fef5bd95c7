/** Where the time of deliveries went, beside the counts of attempts: what was counted before has none. */
import { Migration } from '@mikro-orm/migrations';

const columns = 'add column ours_ms bigint not null default 0, add column theirs_ms bigint not null default 0';

export class StatsTimes extends Migration {
  override name = '0239-stats-times';

  override up(): void {
    this.addSql(`alter table delivery_stats ${columns}`);
    this.addSql(`alter table delivery_stats_hour ${columns}`);
  }
}
