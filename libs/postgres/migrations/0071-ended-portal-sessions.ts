/** Portal sessions that were ended one by one, until their tokens would have ended by themselves. */
import { Migration } from '@mikro-orm/migrations';

export class EndedPortalSessions extends Migration {
  override name = '0071-ended-portal-sessions';

  override up(): void {
    this.addSql('create table ended_portal_session (id text primary key, expires_at timestamptz not null)');
  }
}
