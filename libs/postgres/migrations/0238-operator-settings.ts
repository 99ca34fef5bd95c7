/** What operators changed of the settings, by pointer: one row, or none before the first change. */
import { Migration } from '@mikro-orm/migrations';

const table = `
create table operator_settings (
  is_there boolean primary key default true check (is_there),
  changed jsonb not null,
  revision integer not null,
  updated_at timestamptz not null
)`;

export class OperatorSettings extends Migration {
  override name = '0238-operator-settings';

  override up(): void {
    this.addSql(table);
  }
}
