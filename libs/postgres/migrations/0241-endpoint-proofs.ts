/** Whether the endpoint of a webhook has proven that it wants deliveries. Webhooks that are there need not. */
import { Migration } from '@mikro-orm/migrations';

export class EndpointProofs extends Migration {
  override name = '0241-endpoint-proofs';

  override up(): void {
    this.addSql(`
alter table webhook
  add column verification_pending boolean not null default false,
  add column verified_at timestamptz,
  add column allowed_per_minute int`);
    // Whatever is there fits what was narrower: nothing is looked through.
    this.addSql(`
alter table webhook drop constraint webhook_disabled_by_check, add constraint webhook_disabled_by_check
  check (disabled_by in ('client', 'operator', 'failures', 'gone', 'unverified')) not valid`);
    // Who is asked next is looked for among these alone.
    this.addSql(`create index webhook_unverified on webhook (id) where disabled_by = 'unverified'`);
    this.addSql(`
alter table webhook_ping
  add column verification_tries int not null default 0,
  add column verification_asked_at timestamptz,
  add column verification_problem text`);
  }
}
