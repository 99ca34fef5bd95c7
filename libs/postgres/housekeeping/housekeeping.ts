/**
 * Keeps the database in shape: partitions made ahead and dropped, and rows that nobody needs any more. In: the
 * database's clock. Out: what each sweep did. What must hold: a sweep goes in steps of bounded length and time and goes
 * on where it was; one that fails, or has too much to do for one run, keeps no other from its work; no history goes for
 * a clock that is ahead.
 */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { monotonicMs } from '../../runtime/monotonic.ts';
import { inTransaction } from '../bulk.ts';
import { isDatabaseAway } from '../server/database-away.ts';
import { Database } from '../server/database.ts';
import { historyDay, partitionLimits, type PartitionReport } from './partitions.ts';
import { SweepStore } from './sweep-store.ts';
import type { Moments, SweepStep } from './sweep-step.ts';
import { rowKinds, sweepNames, sweeps, type RowKind, type SweepName } from './sweeps.ts';
import { dayMs } from '../../domain/day.ts';

/** unfinished: its time was over, the next run goes on. elsewhere: another process is at it. */
export type SweepResult = 'done' | 'unfinished' | 'elsewhere' | 'failed';

export interface HousekeepingReport extends PartitionReport {
  /** Rows of five minutes that went into those of their hour. */
  readonly compactedStats: number;
  /** Entries of the audit log in which personal data was replaced. */
  readonly erasedEntries: number;
  /** Rows, by what they were. */
  readonly deleted: Readonly<Record<RowKind, number>>;
  readonly sweeps: Readonly<Record<SweepName, SweepResult>>;
  readonly failures: readonly { readonly sweep: SweepName; readonly error: unknown }[];
}

export interface HousekeepingOptions {
  readonly retentionDays: number;
  /** Of the audit log, two at least. Default: for ever */
  readonly auditRetentionDays?: number | undefined;
  /** Default: the database's clock. */
  readonly now?: Date;
  /** How long one sweep may take in one run, in milliseconds. Default: 30000 */
  readonly sweepMs?: number;
  /** How long a sweep is this process's without a word of it, in milliseconds. Default: 60000 */
  readonly leaseMs?: number;
  /** Asked between steps. */
  readonly isStopped?: () => boolean;
}

interface Swept {
  readonly result: SweepResult;
  readonly rows: number;
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  readonly error: unknown;
}

/** Idempotent. Null when another process is at all of it. @throws the driver's error while the database is away */
export async function keepHouse(em: EntityManager, options: HousekeepingOptions): Promise<HousekeepingReport | null> {
  const moments = await momentsOf(em, options);
  const store = new SweepStore(em, randomUUID(), options.leaseMs);
  await store.know(sweepNames);
  const swept = new Map<SweepName, Swept>();
  for (const name of sweepNames) {
    if (options.isStopped?.() === true) break;
    swept.set(name, await sweep(em, store, name, moments, options));
  }
  const all = [...swept.values()];
  if (all.length > 0 && all.every(({ result }) => result === 'elsewhere')) return null;
  const rowsOf = (name: SweepName) => swept.get(name)?.rows ?? 0;
  return {
    created: all.flatMap(({ created }) => created),
    dropped: all.flatMap(({ dropped }) => dropped),
    movedRows: rowsOf('partitionsMade'),
    deletedRows: rowsOf('lateRows'),
    compactedStats: rowsOf('statsCompacted'),
    erasedEntries: rowsOf('auditErasures'),
    deleted: Object.fromEntries(rowKinds.map((kind) => [kind, rowsOf(kind)])) as Record<RowKind, number>,
    sweeps: Object.fromEntries(sweepNames.map((name) => [name, swept.get(name)?.result ?? 'unfinished'])) as Record<
      SweepName,
      SweepResult
    >,
    failures: [...swept].flatMap(([name, { result, error }]) => (result === 'failed' ? [{ sweep: name, error }] : [])),
  };
}

/** Until it is done, its time is over, or it fails. */
async function sweep(
  em: EntityManager,
  store: SweepStore,
  name: SweepName,
  moments: Moments,
  { sweepMs = 30_000, isStopped = () => false }: HousekeepingOptions,
): Promise<Swept> {
  const endAt = monotonicMs() + sweepMs;
  const { limits, step } = sweeps[name];
  const created: string[] = [];
  const dropped: string[] = [];
  let rows = 0;
  let progress = '';
  const swept = (result: SweepResult, error: unknown = null) => ({ result, rows, created, dropped, error });
  try {
    const taken = await store.take(name);
    if (taken === null) return swept('elsewhere');
    progress = taken;
    for (;;) {
      const from = progress;
      const done: SweepStep | null = await store.keepDuring(name, from, () =>
        inTransaction(em, (run) => step(run, moments, from), limits),
      );
      if (done === null) {
        await store.end(name, progress, false);
        return swept('elsewhere');
      }
      rows += done.rows;
      if (done.created !== undefined) created.push(done.created);
      if (done.dropped !== undefined) dropped.push(done.dropped);
      progress = done.progress;
      if (done.isDone || monotonicMs() >= endAt || isStopped()) {
        await store.end(name, progress, done.isDone);
        return swept(done.isDone ? 'done' : 'unfinished');
      }
      if (!(await store.keep(name, progress))) return swept('elsewhere');
    }
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    // Given up rather than kept for a while, if that is possible at all.
    await store.end(name, progress, false).catch(() => undefined);
    return swept('failed', error);
  }
}

/** Until then a portal session may be ended by what the log says of it. */
const auditDaysMin = 2;

async function momentsOf(
  em: EntityManager,
  { now, retentionDays, auditRetentionDays }: HousekeepingOptions,
): Promise<Moments> {
  const time = now ?? new Date(await new Database(em).time());
  const today = Math.floor(time.getTime() / dayMs) * dayMs;
  const oldestKept = await oldestKeptOf(em, today, retentionDays);
  const auditMs = auditRetentionDays === undefined ? null : Math.max(auditDaysMin, auditRetentionDays) * dayMs;
  const oldestAudit = auditMs === null ? null : new Date(time.getTime() - auditMs);
  return { now: time, today, oldestKept, retentionDays, oldestAudit };
}

/** The history may be locked, or slow: then what is past retention is not known. @throws while the database is away */
async function oldestKeptOf(em: EntityManager, today: number, retentionDays: number): Promise<() => number> {
  try {
    const day = await inTransaction(em, (run) => historyDay(run, today), partitionLimits);
    return () => day - retentionDays * dayMs;
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    return () => {
      throw error;
    };
  }
}
