/** What a webhook needs to come back by itself, what a client was told, and the mails that tell it. */
import { Migration } from '@mikro-orm/migrations';

const webhooks = `
alter table webhook
  add column auto_heal boolean not null default true,
  add column recovering_since timestamptz,
  add column recovering_until timestamptz;
-- What the monitor looks at every few seconds: few of many.
create index webhook_watched on webhook (id) where disabled_by = 'failures' or recovering_until is not null;

alter table webhook_health
  add column good_pings int not null default 0,
  add column failed_pings int not null default 0,
  add column is_failure_told boolean not null default false;

-- Apart from the health row, which outcomes write: the monitor that pings writes here.
create table webhook_ping (
  webhook_id text primary key references webhook (id) on delete cascade,
  next_at timestamptz not null
);

alter table webhook_secret add column expiry_told_at timestamptz;
create index webhook_secret_expiring on webhook_secret (expires_at) where expires_at is not null;
`;

const clients = `
alter table client
  add column auto_disable jsonb not null default '{}',
  add column notice_emails jsonb not null default '[]';

create table notice_mail (
  id bigint generated always as identity primary key,
  client_id text not null references client (id) on delete cascade,
  webhook_id text not null,
  type text not null,
  notice json not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  tries int not null default 0,
  next_try_at timestamptz not null
);
create index notice_mail_waiting on notice_mail (next_try_at) where sent_at is null;
create index notice_mail_sent on notice_mail (webhook_id, type, sent_at) where sent_at is not null;
`;

// Housekeeping finds the old ones by it.
const replays = 'create index replay_finished on replay (finished_at) where finished_at is not null;';

export class RecoveryAndNotices extends Migration {
  override name = '0030-recovery-and-notices';

  override up(): void {
    for (const part of [webhooks, clients, replays]) this.addSql(part);
  }
}
