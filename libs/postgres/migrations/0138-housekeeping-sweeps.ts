/** Who is at which sweep of housekeeping, how far it is, and when it was last all done. */
import { Migration } from '@mikro-orm/migrations';

const table = `
create table housekeeping_sweep (
  name text primary key,
  since timestamptz not null default now(),
  owner text,
  lease_until timestamptz,
  progress text not null default '',
  last_completed_at timestamptz
)`;

export class HousekeepingSweeps extends Migration {
  override name = '0138-housekeeping-sweeps';

  override up(): void {
    this.addSql(table);
  }
}
