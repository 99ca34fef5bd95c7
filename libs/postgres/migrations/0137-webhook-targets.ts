/** Which URL of a webhook its health is about, and that an endpoint said that it is gone while nothing came of it yet. */
import { Migration } from '@mikro-orm/migrations';

const columns = [
  'alter table webhook add column target_version int not null default 1',
  `alter table webhook_health add column target_version int, add column gone_at timestamptz,
    add column gone_delivery_id text`,
];

export class WebhookTargets extends Migration {
  override name = '0137-webhook-targets';

  override up(): void {
    for (const part of columns) this.addSql(part);
  }
}
