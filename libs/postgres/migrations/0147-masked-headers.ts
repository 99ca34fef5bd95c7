/** Shown of headers that a webhook adds: their names. Values whose names looked harmless had been kept in clear. */
import { Migration } from '@mikro-orm/migrations';

export class MaskedHeaders extends Migration {
  override name = '0147-masked-headers';

  override up(): void {
    this.addSql(`
update webhook set masked_headers = (select jsonb_object_agg(name, '********') from jsonb_object_keys(masked_headers) name)
where masked_headers <> '{}'`);
  }
}
