/** The audit log takes operators who came with a token of OpenID Connect. */
import { Migration } from '@mikro-orm/migrations';

export class OperatorsByToken extends Migration {
  override name = '0242-operators-by-token';

  override up(): void {
    // Whatever is there fits what was narrower: nothing is looked through.
    this.addSql(
      `alter table audit_entry drop constraint audit_entry_actor_kind_check, add constraint audit_entry_actor_kind_check
         check (actor_kind in ('api_key', 'portal', 'oidc', 'system')) not valid`,
    );
  }
}
