/**
 * Takes counts of five minutes into those of their hour, once nobody asks for the minutes any more: of the webhook, of
 * all webhooks of its client, and of everybody. In batches: an hour may be taken in parts. Holds: a row is counted where
 * it is deleted, in one statement, so that no count is lost or taken twice, whenever it came.
 */
import type { Run } from '../bulk.ts';
import { columnType, countColumns } from '../history/stats-columns.ts';

/** How long the five minutes are kept apart. */
export const statsFineMs = 2 * 86_400_000;

/** Some 20 µs each. */
export const compactedRowsMax = 10_000;

/** Returns how many rows are gone; as many as it may: there are more. */
export async function compactStats(run: Run, now: Date): Promise<number> {
  const hour = Math.floor((now.getTime() - statsFineMs) / 3_600_000) * 3_600_000;
  const [gone] = await run<{ count: number }>(compactSql, [new Date(hour)]);
  return gone?.count ?? 0;
}

/** An empty client or webhook stands for all of them. A row that changes meanwhile is taken the next time. */
const compactSql = `
with fine as (
  delete from delivery_stats
  where bucket < $1 and ctid = any(array(select ctid from delivery_stats where bucket < $1 limit ${compactedRowsMax}))
  returning *, date_bin('1 hour', bucket, 'epoch') as hour
), added as (
  insert into delivery_stats_hour (client_id, bucket, webhook_id, ${countColumns.join(', ')})
  select coalesce(client_id, ''), hour, coalesce(webhook_id, ''), ${countColumns.map((column) => `sum(${column})::${columnType(column)}`).join(', ')}
  from fine group by grouping sets ((hour, client_id, webhook_id), (hour, client_id), (hour))
  order by 2, 1, 3
  on conflict (webhook_id, client_id, bucket) do update set
    ${countColumns.map((column) => `${column} = delivery_stats_hour.${column} + excluded.${column}`).join(', ')}
)
select count(*)::int as count from fine`;
