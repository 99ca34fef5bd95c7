/**
 * The history of events and deliveries. In: what a consumer read, and how far that brings it. Out: rows of event,
 * delivery and delivery_attempt, and the new positions, all in one transaction of a few statements. What must
 * hold: a record counts once, however often it comes; the order in which records come leaves no trace.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryOutcome } from '../domain/outcome.ts';
import type { WebhookEvent } from '../domain/webhook-event.ts';
import { inTransaction, recordset, type Run } from './bulk.ts';
import type { Advance, ConsumerOffsetStore } from './consumer-offset-store.ts';
import { attemptKey, historyRows, type AttemptInput, type HistoryRows } from './history-rows.ts';
import { insertAttempts, strengthenAttempts, upsertDeliveries, upsertEvents } from './history-sql.ts';
import { keepPartitions } from './partitions.ts';
import { asUnstorable } from './unstorable-error.ts';

export interface HistoryBatch {
  readonly events: readonly WebhookEvent[];
  readonly outcomes: readonly DeliveryOutcome[];
  readonly offsets: readonly Advance[];
}

export class HistoryWriter {
  private readonly em: EntityManager;
  private readonly offsets: ConsumerOffsetStore;

  constructor(em: EntityManager, offsets: ConsumerOffsetStore) {
    this.em = em;
    this.offsets = offsets;
  }

  /**
   * All or nothing.
   * @throws OffsetMismatchError when a position is not where the batch begins
   * @throws UnstorableError when a value of the batch can never be stored
   * @throws the driver's error when the database is away: the same batch may be written again
   */
  async writeBatch(batch: HistoryBatch): Promise<void> {
    try {
      const rows = historyRows(batch.events, batch.outcomes);
      await inTransaction(this.em, async (run) => {
        await keepPartitions(run);
        await this.offsets.advance(run, batch.offsets);
        await writeRows(run, rows);
      });
    } catch (error) {
      throw asUnstorable(error);
    }
  }
}

async function writeRows(run: Run, rows: HistoryRows): Promise<void> {
  if (rows.events.length > 0) await run(upsertEvents, [recordset(rows.events)]);
  const counts = rows.attempts.length > 0 ? await writeAttempts(run, rows.attempts) : new Map<string, number>();
  if (rows.deliveries.length > 0) {
    const deliveries = rows.deliveries.map((row) => ({ ...row, attempt_count: counts.get(row.id) ?? 0 }));
    await run(upsertDeliveries, [recordset(deliveries)]);
  }
}

/** Returns how many attempts of each delivery were new. */
async function writeAttempts(run: Run, attempts: readonly AttemptInput[]): Promise<Map<string, number>> {
  const inserted = await run<Pick<DeliveryOutcome, 'deliveryId' | 'round' | 'attempt'>>(insertAttempts, [
    recordset(attempts),
  ]);
  if (inserted.length < attempts.length) {
    const isNew = new Set(inserted.map(attemptKey));
    const known = attempts.filter(
      ({ delivery_id: deliveryId, round, attempt }) => !isNew.has(attemptKey({ deliveryId, round, attempt })),
    );
    await run(strengthenAttempts, [recordset(known)]);
  }
  const counts = new Map<string, number>();
  for (const { deliveryId } of inserted) counts.set(deliveryId, (counts.get(deliveryId) ?? 0) + 1);
  return counts;
}
