/**
 * The audit log stays append-only, but for entries past retention: their sweep says so in its own transaction, so that
 * no statement that was meant for another table, or without a where, takes any.
 */
import { Migration } from '@mikro-orm/migrations';

const guard = `
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('webhooks.audit_retention', true) = 'on' then
    return null;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$`;

export class AuditRetention extends Migration {
  override name = '0140-audit-retention';

  override up(): void {
    this.addSql(guard);
  }
}
