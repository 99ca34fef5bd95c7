/** Replays as jobs: what a runner has to know of one to go on with it. */
import { Migration } from '@mikro-orm/migrations';

const columns = `
alter table replay
  add column is_dry_run boolean not null default false,
  add column skipped int not null default 0,
  -- Not before this moment goes the next batch: the pace holds across processes and restarts.
  add column next_batch_at timestamptz;
drop index replay_open;
create index replay_open on replay (next_batch_at) where status in ('pending', 'running');
`;

export class ReplayJobs extends Migration {
  override name = '0020-replay-jobs';

  override up(): void {
    this.addSql(columns);
  }
}
