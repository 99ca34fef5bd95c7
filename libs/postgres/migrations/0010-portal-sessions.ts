/** Portal sessions of a client that were opened up to then are over. */
import { Migration } from '@mikro-orm/migrations';

export class PortalSessions extends Migration {
  override name = '0010-portal-sessions';

  override up(): void {
    this.addSql('alter table client add column portal_sessions_after timestamptz');
  }
}
