/** The tables that are partitioned by day, and how their days are named and bounded. */
import type { Run } from '../bulk.ts';
import { dayMs } from '../../domain/day.ts';

export const partitionedTables = ['event', 'delivery', 'delivery_attempt'] as const;
export type PartitionedTable = (typeof partitionedTables)[number];

/** The first column of each primary key: an id that begins with the time by which rows are partitioned. */
export const keyOf: Readonly<Record<PartitionedTable, string>> = {
  event: 'event_key',
  delivery: 'id',
  delivery_attempt: 'delivery_id',
};

/** The least id of a row of that moment or later. */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

export function digitsOf(day: number): string {
  return new Date(day).toISOString().slice(0, 10).replaceAll('-', '');
}

export function bounds(day: number): readonly [from: string, to: string] {
  return [new Date(day).toISOString(), new Date(day + dayMs).toISOString()];
}

/** To be held by whoever changes partitions (partitions.ts, keepPartitions). */
export async function lockChange(run: Run): Promise<void> {
  await run("select pg_advisory_xact_lock(hashtext('webhooks.partitions.change'))");
}
