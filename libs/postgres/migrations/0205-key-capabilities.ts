/** What a key may do, until when, and keys that only look. */
import { Migration } from '@mikro-orm/migrations';

export class KeyCapabilities extends Migration {
  override name = '0205-key-capabilities';

  override up(): void {
    this.addSql('alter table api_key add column capabilities text[], add column expires_at timestamptz');
    // The table is small: a key is made by hand.
    this.addSql('alter table api_key drop constraint api_key_role_check');
    this.addSql(
      "alter table api_key add constraint api_key_role_check check (role in ('admin', 'client', 'publisher', 'viewer'))",
    );
    this.addSql(
      "alter table api_key add constraint api_key_viewer_check check (role <> 'viewer' or client_id is not null)",
    );
  }
}
