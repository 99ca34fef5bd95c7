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

export function statsSteps({ scope, clientId, webhookId, from, to, stepMs }: StatsFilter) {
  const conditions = new Conditions()
    .add('client_id = ?', scope)
    .add('client_id = ?', clientId)
    .add('webhook_id = ?', webhookId)
    .add('bucket >= ?', from)
    .add('bucket < ?', to);
  const step = conditions.value(`${stepMs} ms`);
  const sums = countColumns.map((column) => `sum(${column})::float8 as ${column}`);
  const sql = `select date_bin(${step}::interval, bucket, ${conditions.value(from)}) as start, ${sums.join(', ')}
    from delivery_stats ${conditions.where} group by 1 order by 1`;
  return { sql, values: conditions.values };
}
