/** From when to when the attempts of a webhook all began late, by which it is told that it falls behind. */
import { Migration } from '@mikro-orm/migrations';

export class LateAttemptsColumns extends Migration {
  override name = '0172-late-attempts';

  override up(): void {
    this.addSql('alter table webhook_health add column late_since timestamptz, add column last_late_at timestamptz');
  }
}
