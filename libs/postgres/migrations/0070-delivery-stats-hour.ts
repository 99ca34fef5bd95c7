/** Counts of attempts by the hour, with sums over webhooks and clients: what charts of what is older are drawn from. */
import { Migration } from '@mikro-orm/migrations';

// Found by webhook, or with an empty one by client: a chart is one stretch of this key.
const table = `
create table delivery_stats_hour (like delivery_stats, primary key (webhook_id, client_id, bucket))
  with (fillfactor = 90);
create index delivery_stats_hour_bucket on delivery_stats_hour using brin (bucket) with (pages_per_range = 16);
`;

export class DeliveryStatsHour extends Migration {
  override name = '0070-delivery-stats-hour';

  override up(): void {
    this.addSql(table);
  }
}
