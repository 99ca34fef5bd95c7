/** Versions and labels of clients; the webhook that gets what a replay sends. */
import { Migration } from '@mikro-orm/migrations';

export class ClientsAndReplays extends Migration {
  override name = '0214-clients-and-replays';

  override up(): void {
    this.addSql(`alter table client
      add column version int not null default 1,
      add column labels jsonb not null default '{}',
      add column external_id text`);
    this.addSql('alter table replay add column target_webhook_id text');
  }
}
