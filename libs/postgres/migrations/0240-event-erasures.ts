/** Events whose data was erased from the history: what comes late of them is erased before it is written. */
import { Migration } from '@mikro-orm/migrations';

const table = `
create table event_erasure (
  -- A function of client, source and event id: asked for twice it is one.
  id text primary key,
  event_id text not null,
  source text,
  -- Null: of a broadcast.
  client_id text,
  requested_at timestamptz not null,
  -- Of the actor: what it is and its id, no name.
  requested_by text not null,
  -- Which rows are next, and behind which of them.
  stage text not null default 'barrier' check (stage in ('barrier', 'events', 'deliveries')),
  position uuid,
  attempts integer not null default 0,
  finished_at timestamptz,
  -- Then neither the history nor Kafka has anything of it.
  expires_at timestamptz not null
)`;

export class EventErasures extends Migration {
  override name = '0240-event-erasures';

  override up(): void {
    this.addSql(table);
    // Producers choose the length of an id: a btree refuses long ones.
    this.addSql('create index event_erasure_event on event_erasure using hash (event_id)');
    this.addSql('create index event_erasure_open on event_erasure (requested_at) where finished_at is null');
    this.addSql('create index event_erasure_expires on event_erasure (expires_at)');
  }
}
