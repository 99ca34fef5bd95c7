/** The columns of a pause, from those that there are. Null: nothing changes. */
import {
  isPaused,
  lessHeldAt,
  pauseMsMax,
  pausesToKeep,
  type Pause,
  type PauseInterval,
} from '../../domain/webhook/pause.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import type { WantedPause } from './webhook-change.ts';

type PausedRow = Partial<Pick<WebhookRow, 'pausedSince' | 'pausedUntil' | 'earlierPauses'>>;

interface PauseColumns {
  readonly pausedSince: Date;
  readonly pausedUntil: Date;
  readonly earlierPauses: PauseInterval[];
  readonly holdsUntil: Date;
}

/** `out_of_range`: it has to end in the time to come, and not later than `latest`; with `notBefore` it cannot begin before that. */
export interface PauseRefusal {
  readonly kind: 'out_of_range';
  readonly latest: Date;
  readonly notBefore: Date | null;
}

/** One that is in force gets another end; one that is over is remembered beside the new one, while something may wait from it. */
export function newPause(
  row: PausedRow,
  { until, deliveryAgeMs }: WantedPause,
  now: Date,
): PauseColumns | PauseRefusal | null {
  const before = pauseOf(row);
  const at = now.getTime();
  const goesOn = isPaused(before, at);
  const pausedSince = goesOn ? (row.pausedSince ?? now) : now;
  const earlier = goesOn ? (before.earlierPauses ?? []) : pausesToKeep(before, at, deliveryAgeMs);
  const latest = new Date(pausedSince.getTime() + pauseMsMax(deliveryAgeMs, earlier));
  const pausedUntil = until ?? latest;
  if (pausedUntil > latest || pausedUntil <= now) {
    const notBefore = latest > now ? null : new Date(lessHeldAt(before, at, deliveryAgeMs));
    return { kind: 'out_of_range', latest, notBefore };
  }
  const isSame = before.pausedUntil === pausedUntil.getTime() && before.pausedSince === pausedSince.getTime();
  return isSame ? null : { pausedSince, pausedUntil, earlierPauses: [...earlier], holdsUntil: latest };
}

export function resumedPause(row: PausedRow, now: Date): Pick<PauseColumns, 'pausedSince' | 'pausedUntil'> | null {
  const { pausedSince } = row;
  if (pausedSince == null || !isPaused(pauseOf(row), now.getTime())) return null;
  return { pausedSince: pausedSince < now ? pausedSince : now, pausedUntil: now };
}

function pauseOf({ pausedSince, pausedUntil, earlierPauses }: PausedRow): Pause {
  return {
    pausedSince: pausedSince?.getTime() ?? null,
    pausedUntil: pausedUntil?.getTime() ?? null,
    earlierPauses: earlierPauses ?? [],
  };
}
