/** What is shown of a webhook's TLS material; the material itself is in sealed_tls. */
import { Migration } from '@mikro-orm/migrations';

export class ShownTlsColumn extends Migration {
  override name = '0011-shown-tls';

  override up(): void {
    this.addSql('alter table webhook add column shown_tls jsonb');
  }
}
