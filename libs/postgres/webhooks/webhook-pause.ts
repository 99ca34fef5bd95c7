/** The columns of a pause, from those that there are. Null: nothing changes. */
import { drainAfter, isPaused, type Pause } from '../../domain/webhook/pause.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import type { WantedPause } from './webhook-change.ts';

type PausedRow = Pick<WebhookRow, 'pausedSince' | 'pausedUntil'>;

interface PauseColumns {
  readonly pausedSince: Date;
  readonly pausedUntil: Date;
  readonly holdsUntil: Date;
}

export function newPause(
  row: PausedRow,
  { until, msMax }: WantedPause,
  now: Date,
): PauseColumns | { readonly kind: 'out_of_range'; readonly latest: Date } | null {
  const before = pauseOf(row);
  // What the last one held may wait still: for how long it may do so counts from there.
  const goesOn = (drainAfter(before).recoveringUntil ?? 0) > now.getTime();
  const pausedSince = goesOn ? (row.pausedSince ?? now) : now;
  const latest = new Date(pausedSince.getTime() + msMax);
  const pausedUntil = until ?? latest;
  if (pausedUntil > latest || pausedUntil <= now) return { kind: 'out_of_range', latest };
  const isSame = before.pausedUntil === pausedUntil.getTime() && before.pausedSince === pausedSince.getTime();
  return isSame ? null : { pausedSince, pausedUntil, holdsUntil: latest };
}

export function resumedPause(row: PausedRow, now: Date): Omit<PauseColumns, 'holdsUntil'> | null {
  const { pausedSince } = row;
  if (pausedSince == null || !isPaused(pauseOf(row), now.getTime())) return null;
  return { pausedSince: pausedSince < now ? pausedSince : now, pausedUntil: now };
}

function pauseOf({ pausedSince, pausedUntil }: PausedRow): Pause {
  return { pausedSince: pausedSince?.getTime() ?? null, pausedUntil: pausedUntil?.getTime() ?? null };
}
