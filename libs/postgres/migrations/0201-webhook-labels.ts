/** What owners call their webhooks: labels to find them by, and the id that they have elsewhere. */
import { Migration } from '@mikro-orm/migrations';

export class WebhookLabels extends Migration {
  override name = '0201-webhook-labels';

  override up(): void {
    this.addSql(`alter table webhook add column labels jsonb not null default '{}', add column external_id text`);
  }
}
