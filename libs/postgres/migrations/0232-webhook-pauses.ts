/** The last pause of a webhook since it was enabled. */
import { Migration } from '@mikro-orm/migrations';

export class WebhookPauses extends Migration {
  override name = '0232-webhook-pauses';

  override up(): void {
    this.addSql(`alter table webhook
      add column paused_since timestamptz,
      add column paused_until timestamptz,
      add column holds_until timestamptz`);
  }
}
