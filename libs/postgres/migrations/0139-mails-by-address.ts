/** Which addresses a mail is over for, and when it last reached one. */
import { Migration } from '@mikro-orm/migrations';

export class MailsByAddress extends Migration {
  override name = '0139-mails-by-address';

  override up(): void {
    this.addSql(
      `alter table notice_mail add column over_addresses text[] not null default '{}', add column reached_at timestamptz`,
    );
  }
}
