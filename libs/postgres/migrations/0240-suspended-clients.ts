/** Clients that are suspended: since when and why, and what each of their webhooks was before. */
import { Migration } from '@mikro-orm/migrations';

const table = `
create table client_suspension (
  client_id text primary key references client (id) on delete cascade,
  -- active: what was suspended is brought back; then the row goes.
  wants text not null check (wants in ('suspended', 'active')),
  due_at timestamptz not null
)`;

export class SuspendedClients extends Migration {
  override name = '0240-suspended-clients';

  override up(): void {
    this.addSql('alter table client add column suspended_at timestamptz, add column suspended_reason text');
    // What it goes back to, when it is suspended: until when it was paused, or that its client was suspended for too long to wait.
    this.addSql('alter table webhook add column suspension jsonb');
    this.addSql(table);
    this.addSql('create index client_suspension_due on client_suspension (due_at)');
  }
}
