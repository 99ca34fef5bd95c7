/** Clients that leave: since when, how far what they had is erased, and what comes late of them is not written. */
import { Migration } from '@mikro-orm/migrations';

const table = `
create table client_leaving (
  client_id text primary key,
  started_at timestamptz not null,
  -- Of the actor: what it is and its id, no name.
  started_by text not null,
  -- What is erased now, and behind which row it goes on.
  step text not null,
  position text,
  -- Rows by what they were.
  erased jsonb not null default '{}',
  finished_at timestamptz,
  -- Then Kafka has nothing of it, and its id is free.
  expires_at timestamptz not null
)`;

export class LeavingClients extends Migration {
  override name = '0240-leaving-clients';

  override up(): void {
    this.addSql('alter table client add column leaving_at timestamptz');
    this.addSql(table);
    this.addSql('create index client_leaving_open on client_leaving (started_at) where finished_at is null');
  }
}
