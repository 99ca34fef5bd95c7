/** Adds attempts to the counts that charts are drawn from, in the transaction that wrote the attempts. */
import { statsBuckets, type StatsAttempt } from '../../domain/delivery/delivery-stats.ts';
import { timestamp, type Run } from '../bulk.ts';
import { columnType, countColumns } from './stats-columns.ts';

/** @param attempts that were not known before, or shown otherwise, each once; with them what is withdrawn */
export async function addToStats(run: Run, attempts: readonly StatsAttempt[]): Promise<void> {
  if (attempts.length === 0) return;
  const rows = statsBuckets(attempts).map((bucket) => [
    bucket.clientId,
    timestamp(bucket.start),
    bucket.webhookId,
    bucket.delivered,
    bucket.failedRetryable,
    bucket.failedPermanent,
    ...bucket.latencies,
    bucket.oursMs,
    bucket.theirsMs,
  ]);
  await run(
    addSql,
    columns.map((_, index) => rows.map((row) => row[index])),
    { name: 'history-stats' },
  );
}

const keyColumns = ['client_id', 'bucket', 'webhook_id'];
const columns = [...keyColumns, ...countColumns];
const types = ['text', 'timestamptz', 'text', ...countColumns.map(columnType)];

const addSql = `
insert into delivery_stats (${columns.join(', ')})
select * from unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})
on conflict (${keyColumns.join(', ')}) do update set
  ${countColumns.map((column) => `${column} = delivery_stats.${column} + excluded.${column}`).join(', ')}`;
