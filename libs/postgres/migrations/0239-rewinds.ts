/** Webhooks that are rewound, what is held for them meanwhile, and the strength of that decision. */
import { Migration } from '@mikro-orm/migrations';

// Written by the projector, one row for each decision `held`; taken by the rewind, which deletes what it has sent.
const held = `
create table held_event (
  webhook_id text not null,
  seq bigint generated always as identity,
  event_key uuid not null,
  received_at timestamptz not null,
  source_topic text not null,
  source_partition int not null,
  source_offset bigint not null,
  -- Fan-out has it in memory too, to write it itself.
  is_kept boolean not null,
  primary key (webhook_id, event_key)
)`;

const mergeDecisions = `
create or replace function merge_decisions(a jsonb, b jsonb) returns jsonb language sql immutable parallel safe as $$
  select coalesce(jsonb_agg(decision order by webhook_id), '[]')
  from (
    select distinct on (decision ->> 'webhookId' collate "C")
      decision, decision ->> 'webhookId' collate "C" as webhook_id
    from jsonb_array_elements(a || b) decision
    order by decision ->> 'webhookId' collate "C",
      array_position(array['matched', 'filtered', 'disabled', 'held', 'copy'], decision ->> 'decision'),
      decision ->> 'format' collate "C" desc nulls last
  ) strongest
$$`;

export class Rewinds extends Migration {
  override name = '0239-rewinds';

  override up(): void {
    this.addSql(
      'alter table webhook add column rewind text, add column rewind_id text, add column rewind_to timestamptz',
    );
    this.addSql('alter table replay add column is_cut_short boolean not null default false');
    this.addSql('create index webhook_rewind on webhook (rewind_id) where rewind_id is not null');
    this.addSql(held);
    this.addSql('create index held_event_seq on held_event (webhook_id, seq)');
    this.addSql('create index held_event_arrival on held_event (webhook_id, received_at)');
    this.addSql('create index held_event_received on held_event (received_at)');
    this.addSql(mergeDecisions);
  }
}
