/** What the answers of an endpoint mean, and when it comes back by itself, as its owner says. */
import { Migration } from '@mikro-orm/migrations';

export class AnswerCodes extends Migration {
  override name = '0197-answer-codes';

  override up(): void {
    this.addSql(`alter table webhook add column success_codes jsonb not null default '[]',
      add column retry_on jsonb not null default '[]', add column fail_on jsonb not null default '[]',
      add column auto_heal_gone boolean not null default false`);
    this.addSql(`create index webhook_gone_watched on webhook (id) where disabled_by = 'gone' and auto_heal_gone`);
  }
}
