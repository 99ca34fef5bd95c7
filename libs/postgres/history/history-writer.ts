/**
 * The history of events and deliveries. In: what a consumer read, and how far that brings it. Out: rows of event,
 * delivery and delivery_attempt, and the new positions, all in one transaction of a few statements. What must
 * hold: a record counts once, however often it comes; the order in which records come leaves no trace.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { timeSharesOf } from '../../domain/delivery/delivery-age.ts';
import type { StatsAttempt } from '../../domain/delivery/delivery-stats.ts';
import type { KeptOutcome, OutcomeStatus } from '../../domain/delivery/outcome.ts';
import type { WebhookEvent } from '../../domain/event/webhook-event.ts';
import { inTransaction, recordset, type Run } from '../bulk.ts';
import type { Advance, ConsumerOffsetStore } from '../consumer-offset-store.ts';
import { attemptInput, deliveryInput, eventInput, type AttemptInput, type DeliveryInput } from './history-inputs.ts';
import { historyRows, type HistoryRows } from './history-rows.ts';
import { addAttemptsAndDeliveries, addHeld, strengthenAttempts, upsertEvents } from './history-sql.ts';
import { withoutErased } from '../erasing/erasure-marks.ts';
import { keepPartitions } from '../housekeeping/partitions.ts';
import { usualLimits } from '../limits.ts';
import { rowArray } from '../row-array.ts';
import { addToStats } from './stats-writer.ts';
import { asUnstorable } from '../unstorable-error.ts';

export interface HistoryBatch {
  readonly events: readonly WebhookEvent[];
  readonly outcomes: readonly KeptOutcome[];
  readonly offsets: readonly Advance[];
}

export class HistoryWriter {
  private readonly em: EntityManager;
  private readonly offsets: ConsumerOffsetStore;
  /** Object ids of the composite types, which differ from database to database. */
  private types: InputTypes | null = null;

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
      const write = async (run: Run) => {
        await this.offsets.advance(run, batch.offsets);
        this.types ??= await inputTypes(run);
        const { events, outcomes } = await withoutErased(run, batch);
        await writeRows(run, this.types, historyRows(events, outcomes));
      };
      await inTransaction(this.em, write, usualLimits, keepPartitions);
    } catch (error) {
      throw asUnstorable(error);
    }
  }
}

interface InputTypes {
  readonly event: number;
  readonly delivery: number;
  readonly attempt: number;
}

async function inputTypes(run: Run): Promise<InputTypes> {
  const [ids] = await run<InputTypes>(
    `select 'history_event'::regtype::oid as event, 'history_named_delivery'::regtype::oid as delivery,
      'history_attempt'::regtype::oid as attempt`,
  );
  if (ids === undefined) throw new Error('PostgreSQL did not answer what its types are');
  return ids;
}

async function writeRows(
  run: Run,
  types: InputTypes,
  { events, attempts, deliveries, held }: HistoryRows,
): Promise<void> {
  if (held.length > 0) await run(addHeld, [recordset(held)]);
  if (events.length > 0)
    await run(upsertEvents, [rowArray(types.event, eventInput, events)], { name: 'history-events' });
  if (deliveries.length === 0) return;
  const attemptRows = rowArray(types.attempt, attemptInput, attempts);
  const deliveryRows = rowArray(types.delivery, deliveryInput, deliveries);
  const [result] = await run<{ added: number; addedKeys: string[] | null }>(
    addAttemptsAndDeliveries,
    [attemptRows, deliveryRows],
    { name: 'history-deliveries' },
  );
  if (result?.addedKeys == null) {
    await addToStats(run, statsAttempts(attempts, deliveries));
    return;
  }
  const addedKeys = new Set(result.addedKeys);
  const strengthened = new Map(
    (await run<CountedBefore>(strengthenAttempts, [attemptRows])).map((before) => [before.key, before]),
  );
  // An attempt that was made twice counts once, as what the history shows: what it counted as before is withdrawn.
  const counted = attempts.filter((attempt) => addedKeys.has(keyOf(attempt)) || strengthened.has(keyOf(attempt)));
  const withdrawn = counted.flatMap((attempt) => {
    const before = strengthened.get(keyOf(attempt));
    return before === undefined
      ? []
      : [
          {
            ...{ ...attempt, status: before.status, latency_ms: before.latencyMs, started_at: before.startedAt },
            ...{ next_attempt_at: before.nextAttemptAt, round_at: before.roundAt },
          },
        ];
  });
  await addToStats(run, [
    ...statsAttempts(counted, deliveries),
    ...statsAttempts(withdrawn, deliveries).map((attempt) => ({ ...attempt, isWithdrawn: true })),
  ]);
}

/** Of an attempt that the history shows otherwise now. */
interface CountedBefore {
  readonly key: string;
  readonly status: string;
  readonly latencyMs: number | null;
  readonly startedAt: number;
  readonly nextAttemptAt: number | null;
  readonly roundAt: number;
}

function keyOf({ delivery_id: deliveryId, round, attempt }: AttemptInput): string {
  return `${deliveryId ?? ''} ${round ?? ''} ${attempt ?? 0}`;
}

/** Pings say how an endpoint is now; they are no traffic. */
function statsAttempts(attempts: readonly AttemptInput[], deliveries: readonly DeliveryInput[]): StatsAttempt[] {
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  return attempts.flatMap((attempt) => {
    const delivery = byId.get(attempt.delivery_id);
    if (delivery === undefined || delivery.kind === 'ping') return [];
    const [startedAt, latencyMs] = [attempt.started_at ?? 0, attempt.latency_ms ?? null];
    const times = timeSharesOf({
      ...{ attempt: attempt.attempt ?? 0, startedAt, latencyMs },
      nextAttemptAt: attempt.next_attempt_at ?? null,
      deliveryCreatedAt: attempt.round_at ?? startedAt,
    });
    const [clientId, webhookId] = [delivery.client_id ?? '', delivery.webhook_id ?? ''];
    return [{ clientId, webhookId, status: attempt.status as OutcomeStatus, startedAt, latencyMs, ...times }];
  });
}
