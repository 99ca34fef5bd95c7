/** Deletes deliveries with their attempts. */
import type { Run } from '../bulk.ts';

export interface DeliveryKey {
  readonly id: string;
  /** Its `day_time` as PostgreSQL writes it. */
  readonly day: string;
}

/** Only the partitions of their days are read. */
export async function deleteDeliveries(run: Run, keys: readonly DeliveryKey[]): Promise<void> {
  if (keys.length === 0) return;
  const values = [keys.map(({ id }) => id), [...new Set(keys.map(({ day }) => day))]];
  await run('delete from delivery_attempt where delivery_id = any($1) and day_time = any($2)', values);
  await run('delete from delivery where id = any($1) and day_time = any($2)', values);
}

/** Without the deliveries that they became. */
export async function deleteEvents(run: Run, keys: readonly DeliveryKey[]): Promise<void> {
  if (keys.length === 0) return;
  const values = [keys.map(({ id }) => id), [...new Set(keys.map(({ day }) => day))]];
  await run('delete from event where event_key = any($1) and day_time = any($2)', values);
}
