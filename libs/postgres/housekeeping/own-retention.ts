/**
 * History of clients and of event types that is kept for a shorter time than all of it. In: until when all of it would be kept. Out:
 * rows that are older than their own time are gone. Holds: a step reads a bounded number of rows along an index that lists have
 * anyway, so that nothing is written slower for it; days of the history are dropped as ever.
 */
import type { Run } from '../bulk.ts';
import { deleteDeliveries, deleteEvents, type DeliveryKey } from '../history/delete-deliveries.ts';
import { firstIdAt } from './partition-days.ts';
import type { Moments, SweepStep } from './sweep-step.ts';
import { dayMs } from '../../domain/day.ts';

/** Each may have attempts, or hundreds of KiB of data. */
const rowsPerStep = { delivery: 2_000, event: 500 } as const;
/** Rows of any type that a step looks at. */
export const lookedPerStep = 5_000;

type Table = keyof typeof rowsPerStep;

const deletions = { delivery: deleteDeliveries, event: deleteEvents } as const;
const keys = { delivery: 'id', event: 'event_key' } as const;

/** Counted as the retention of all is: a clock that is ahead makes nothing old. */
function cutOff({ oldestKept, today, now, retentionDays }: Moments, days: number): Date {
  const oldest = oldestKept();
  const reference = oldest === today - retentionDays * dayMs ? now.getTime() : oldest + retentionDays * dayMs;
  return new Date(reference - days * dayMs);
}

/** One client after the other; the progress is the last one that is done. */
export async function clientHistoryStep(run: Run, moments: Moments, progress: string): Promise<SweepStep> {
  const [client] = await run<{ id: string; days: number }>(
    `select id, retention_days as days from client where retention_days is not null and id > $1 order by id limit 1`,
    [progress],
  );
  if (client === undefined) return { rows: 0, progress: '', isDone: true };
  const before = cutOff(moments, client.days);
  for (const table of ['delivery', 'event'] as const) {
    const old = await run<DeliveryKey>(oldOfClient(table), [client.id, firstIdAt(before.getTime()), before]);
    if (old.length === 0) continue;
    await deletions[table](run, old);
    return { rows: old.length, progress, isDone: false };
  }
  return { rows: 0, progress: client.id, isDone: false };
}

/** $1: client, $2 and $3: the first id and the time that are kept. */
export function oldOfClient(table: Table): string {
  return `
select ${keys[table]} as id, day_time::text as day from ${table}
where client_id = $1 and ${keys[table]} < $2::uuid and day_time < $3
order by ${keys[table]} limit ${rowsPerStep[table]}`;
}

interface Walk {
  /** Another one begins anew: on another day, or by other rules. */
  readonly of: string;
  /** By table and days: what was looked at. */
  readonly at: Readonly<Record<string, string>>;
}

/**
 * Types have no index of their own: once a day all is looked through that is older than the shortest time of any type, in pages along
 * the primary key. What comes late with an old time is found the next day.
 */
export async function typeHistoryStep(run: Run, moments: Moments, progress: string): Promise<SweepStep> {
  const types = await run<{ type: string; days: number }>(
    `select type, retention_days as days from event_type where retention_days is not null order by type`,
  );
  if (types.length === 0) return { rows: 0, progress: '', isDone: true };
  const of = `${moments.today} ${types.map(({ type, days }) => `${type} ${days}`).join(' ')}`;
  const known = walkOf(progress);
  const at = known?.of === of ? known.at : {};
  for (const days of [...new Set(types.map((one) => one.days))].sort((a, b) => a - b)) {
    const before = cutOff(moments, days);
    const upTo = firstIdAt(before.getTime());
    const names = types.filter((one) => one.days === days).map(({ type }) => type);
    for (const table of ['delivery', 'event'] as const) {
      const after = at[`${table} ${days}`] ?? firstIdAt(0);
      if (after >= upTo) continue;
      const page = await run<DeliveryKey & { isOver: boolean }>(pageOfTypes(table), [after, upTo, before, names]);
      const over = page.filter(({ isOver }) => isOver).slice(0, rowsPerStep[table]);
      await deletions[table](run, over);
      const isCut = over.length === rowsPerStep[table];
      const last = (isCut ? over : page).at(-1)?.id;
      const seenTo = !isCut && page.length < lookedPerStep ? upTo : (last ?? upTo);
      const next: Walk = { of, at: { ...at, [`${table} ${days}`]: seenTo } };
      return { rows: over.length, progress: JSON.stringify(next), isDone: false };
    }
  }
  return { rows: 0, progress: JSON.stringify({ of, at }), isDone: true };
}

/** $1: behind this id, $2 and $3: the first id and the time that are kept, $4: types. */
export function pageOfTypes(table: Table): string {
  return `
select ${keys[table]} as id, day_time::text as day, event_type = any($4) as "isOver" from ${table}
where ${keys[table]} > $1::uuid and ${keys[table]} < $2::uuid and day_time < $3
order by ${keys[table]} limit ${lookedPerStep}`;
}

function walkOf(progress: string): Walk | null {
  return progress === '' ? null : (JSON.parse(progress) as Walk);
}
