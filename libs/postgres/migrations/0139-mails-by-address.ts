/** Which addresses a mail is over for, and when it last reached one. */
import { Migration } from '@mikro-orm/migrations';

const columns = [
  `alter table notice_mail add column over_addresses text[] not null default '{}', add column reached_at timestamptz`,
  'update notice_mail set reached_at = sent_at where sent_at is not null',
];

export class MailsByAddress extends Migration {
  override name = '0139-mails-by-address';

  override up(): void {
    for (const part of columns) this.addSql(part);
  }
}
