/** Makes rows of an hour out of those of five minutes, once nobody asks for the minutes any more. Loses no count. */
import type { Run } from './bulk.ts';
import { countColumns } from './stats-columns.ts';

/** How long the five minutes are kept apart. */
export const statsFineMs = 2 * 86_400_000;

/** Returns how many rows are gone. */
export async function compactStats(run: Run, now: Date): Promise<number> {
  const hour = Math.floor((now.getTime() - statsFineMs) / 3_600_000) * 3_600_000;
  const [gone] = await run<{ count: number }>(compactSql, [new Date(hour)]);
  return gone?.count ?? 0;
}

const hourOf = "date_bin('1 hour', bucket, 'epoch')";

/** The row of the hour's first five minutes takes the others in: two parts of a statement cannot change the same row. */
const compactSql = `
with fine as (
  delete from delivery_stats where bucket < $1 and bucket <> ${hourOf}
  returning *
), added as (
  insert into delivery_stats (client_id, bucket, webhook_id, ${countColumns.join(', ')})
  select client_id, ${hourOf}, webhook_id, ${countColumns.map((column) => `sum(${column})::int`).join(', ')}
  from fine group by 1, 2, 3 order by 1, 2, 3
  on conflict (client_id, bucket, webhook_id) do update set
    ${countColumns.map((column) => `${column} = delivery_stats.${column} + excluded.${column}`).join(', ')}
)
select count(*)::int as count from fine`;
