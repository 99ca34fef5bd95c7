/** How often in a row an endpoint said that it is gone, and what it answered last when it failed. */
import { Migration } from '@mikro-orm/migrations';

export class GoneAnswers extends Migration {
  override name = '0183-gone-answers';

  override up(): void {
    this.addSql('alter table webhook_health add column gone_answers int, add column last_failure_code int');
  }
}
