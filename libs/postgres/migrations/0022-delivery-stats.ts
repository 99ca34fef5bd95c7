/** What attempts came to, by five minutes and webhook: what charts are drawn from. */
import { Migration } from '@mikro-orm/migrations';

// A row is changed often while its minutes last: with room on its page none of the indexes is touched by that.
const table = `
create table delivery_stats (
  client_id text not null,
  bucket timestamptz not null,
  webhook_id text not null,
  delivered int not null,
  failed_retryable int not null,
  failed_permanent int not null,
  latency_5 int not null,
  latency_10 int not null,
  latency_20 int not null,
  latency_40 int not null,
  latency_80 int not null,
  latency_160 int not null,
  latency_320 int not null,
  latency_640 int not null,
  latency_1280 int not null,
  latency_2560 int not null,
  latency_5120 int not null,
  latency_10240 int not null,
  latency_20480 int not null,
  latency_more int not null,
  primary key (client_id, bucket, webhook_id)
) with (fillfactor = 70);
create index delivery_stats_bucket on delivery_stats using brin (bucket) with (pages_per_range = 16);
`;

export class DeliveryStats extends Migration {
  override name = '0022-delivery-stats';

  override up(): void {
    this.addSql(table);
  }
}
