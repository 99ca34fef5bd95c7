/**
 * Personal data in the audit log can be replaced on request. The log stays append-only but for that and for entries past
 * retention; what happened, when and to what is changed by neither.
 */
import { Migration } from '@mikro-orm/migrations';

const guard = `
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('webhooks.audit_retention', true) = 'on' then
    return null;
  end if;
  if tg_op = 'UPDATE' and current_setting('webhooks.audit_erasure', true) = 'on' then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$`;

const facts = ['id', 'at', 'actor_kind', 'actor_id', 'client_id', 'action', 'object_kind', 'object_id', 'request_id'];
const rowOf = (row: string) => `(${facts.map((name) => `${row}.${name}`).join(', ')})`;

const keepFacts = `
create function keep_audit_facts() returns trigger language plpgsql as $$
begin
  if ${rowOf('new')} is distinct from ${rowOf('old')} then
    raise exception 'an erasure replaces names, addresses and values only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$`;

const erasures = `
create table audit_erasure (
  id text primary key,
  -- Gone once it is done.
  subject text,
  client_id text,
  reason text,
  requested_at timestamptz not null,
  up_to_id bigint not null,
  seen_to_id bigint not null default 0,
  entries integer not null default 0,
  finished_at timestamptz,
  check (subject is not null or finished_at is not null)
)`;

export class AuditErasures extends Migration {
  override name = '0216-audit-erasures';

  override up(): void {
    this.addSql(guard);
    this.addSql(keepFacts);
    this.addSql(
      'create trigger audit_entry_facts before update on audit_entry for each row execute function keep_audit_facts()',
    );
    this.addSql(erasures);
  }
}
