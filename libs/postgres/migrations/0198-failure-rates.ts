/** Attempts that count towards the rate of failures (libs/domain/health/failure-rate.ts). */
import { Migration } from '@mikro-orm/migrations';

export class FailureRates extends Migration {
  override name = '0198-failure-rates';

  override up(): void {
    this.addSql('alter table webhook_health add column rate_window jsonb');
  }
}
