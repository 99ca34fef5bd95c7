/** Counts of attempts over stretches of time, for charts. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AttemptCounts } from '../domain/delivery-stats.ts';
import { Conditions } from './conditions.ts';
import { readerOf } from './read.ts';
import { countColumns, latencyColumns } from './stats-columns.ts';

export interface StatsFilter {
  /** Only this client's; null: everybody's. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly webhookId?: string | undefined;
  readonly from: Date;
  readonly to: Date;
  /** Width of what is counted together; a multiple of the stored five minutes. */
  readonly stepMs: number;
}

export interface StatsStep extends AttemptCounts {
  readonly start: Date;
}

type StatsRow = { readonly start: Date } & Readonly<Record<string, number | Date>>;

export class StatsView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Steps that have attempts, oldest first; they begin at `from` and every step after. */
  async steps(filter: StatsFilter): Promise<StatsStep[]> {
    const { sql, values } = statsSteps(filter);
    const rows = await readerOf(this.em)<StatsRow>(sql, values);
    return rows.map((row) => ({
      start: row.start,
      delivered: Number(row['delivered']),
      failedRetryable: Number(row['failed_retryable']),
      failedPermanent: Number(row['failed_permanent']),
      latencies: latencyColumns.map((column) => Number(row[column])),
    }));
  }
}

/** Of the last days from the rows of five minutes, of what is older from those of the hour and from their sums. */
export function statsSteps({ scope, clientId, webhookId, from, to, stepMs }: StatsFilter) {
  const fine = new Conditions();
  const { values } = fine;
  const start = `date_bin(${fine.value(`${stepMs} ms`)}::interval, bucket, ${fine.value(from)}) as start`;
  fine.add('client_id = ?', scope).add('client_id = ?', clientId).add('webhook_id = ?', webhookId);
  fine.add('bucket >= ?', from).add('bucket < ?', to);
  const hours = new Conditions(values).add('webhook_id = ?', webhookId ?? '');
  hours.add('client_id = ?', scope).add('client_id = ?', clientId).add('bucket >= ?', from).add('bucket < ?', to);
  // Without a webhook or a client its sum over all of them is asked for.
  if (webhookId === undefined && scope === null && clientId === undefined) hours.add('client_id = ?', '');
  const sums = countColumns.map((column) => `sum(${column})::float8 as ${column}`).join(', ');
  const read = (table: string, { where }: Conditions) => `select ${start}, ${sums} from ${table} ${where} group by 1`;
  const sql = `select start, ${sums}
    from (${read('delivery_stats', fine)} union all ${read('delivery_stats_hour', hours)}) parts
    group by 1 order by 1`;
  return { sql, values };
}
