/** Counts of attempts over stretches of time, for charts. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AttemptCounts } from '../../domain/delivery/delivery-stats.ts';
import { Conditions } from '../conditions.ts';
import { readerOf } from '../read.ts';
import { countColumns, latencyColumns } from './stats-columns.ts';

export interface StatsFilter {
  /** Only this client's; null: everybody's. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly webhookIds?: readonly string[] | undefined;
  /** A step for each webhook that has attempts in it. */
  readonly isByWebhook?: boolean;
  readonly from: Date;
  readonly to: Date;
  /** Width of what is counted together; a multiple of the stored five minutes. */
  readonly stepMs: number;
}

export interface StatsStep extends AttemptCounts {
  readonly start: Date;
  /** Empty where it is of all of them together. */
  readonly webhookId: string;
}

type StatsRow = { readonly start: Date; readonly webhookId: string } & Readonly<Record<string, number | Date | string>>;

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
      webhookId: row.webhookId,
      delivered: Number(row['delivered']),
      failedRetryable: Number(row['failed_retryable']),
      failedPermanent: Number(row['failed_permanent']),
      latencies: latencyColumns.map((column) => Number(row[column])),
      oursMs: Number(row['ours_ms']),
      theirsMs: Number(row['theirs_ms']),
    }));
  }
}

/** Of the last days from the rows of five minutes, of what is older from those of the hour and from their sums. */
export function statsSteps({ scope, clientId, webhookIds, isByWebhook = false, from, to, stepMs }: StatsFilter) {
  const fine = new Conditions();
  const { values } = fine;
  const start = `date_bin(${fine.value(`${stepMs} ms`)}::interval, bucket, ${fine.value(from)}) as start`;
  fine.add('client_id = ?', scope).add('client_id = ?', clientId).add('webhook_id = any(?)', webhookIds);
  fine.add('bucket >= ?', from).add('bucket < ?', to);
  const hours = new Conditions(values).add('webhook_id = any(?)', webhookIds ?? ['']);
  hours.add('client_id = ?', scope).add('client_id = ?', clientId).add('bucket >= ?', from).add('bucket < ?', to);
  // Without a webhook or a client its sum over all of them is asked for.
  if (webhookIds === undefined && scope === null && clientId === undefined) hours.add('client_id = ?', '');
  const sums = countColumns.map((column) => `sum(${column})::float8 as ${column}`).join(', ');
  const webhook = isByWebhook ? 'webhook_id' : `''::text`;
  const read = (table: string, { where }: Conditions) =>
    `select ${start}, ${webhook} as "webhookId", ${sums} from ${table} ${where} group by 1, 2`;
  const sql = `select start, "webhookId", ${sums}
    from (${read('delivery_stats', fine)} union all ${read('delivery_stats_hour', hours)}) parts
    group by 1, 2 order by 1`;
  return { sql, values };
}
