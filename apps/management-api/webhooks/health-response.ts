/** The health of a webhook as the API answers it beside the webhook. */
import type { Static } from 'typebox';
import type { healthBesideSchema } from '../../../libs/api-contract/webhook-health.ts';
import { breakerStateOf } from '../../../libs/domain/health/breaker-state.ts';
import { stateOf } from '../../../libs/domain/health/health-state.ts';
import { summarizeWindow } from '../../../libs/domain/health/health-window.ts';
import { roundedRate } from '../../../libs/domain/health/rounded-rate.ts';
import { isPaused, paceNow } from '../../../libs/domain/webhook/pause.ts';
import type { HealthBeside } from '../../../libs/postgres/health/health-view.ts';
import { timeOrNull } from '../responses.ts';

type PacedRow = Pick<
  HealthBeside,
  'recoveringSince' | 'recoveringUntil' | 'pausedSince' | 'pausedUntil' | 'earlierPauses'
>;

export function healthResponse(shown: HealthBeside): Static<typeof healthBesideSchema> {
  const { health, isActive, disabledBy, waiting, blockedBy } = shown;
  // Of the same clock as what is compared with it, whatever that of this process says.
  const now = shown.readAt.getTime();
  const { recoveringUntil, pausedUntil } = standingOf(shown, now);
  return {
    state: stateOf(health, {
      ...{ isActive, disabledBy },
      isRecovering: recoveringUntil !== null,
      isPaused: pausedUntil !== null,
    }),
    consecutiveFailures: health.consecutiveFailures,
    failingSince: timeOrNull(health.failingSince),
    lastSuccessAt: timeOrNull(health.lastSuccessAt),
    lastFailureAt: timeOrNull(health.lastFailureAt),
    ...windowResponse(health.windows, '24h', now),
    waiting: { count: waiting.count, oldestAt: timeOrNull(waiting.oldestAt) },
    // The dispatcher forgets what it knew of an endpoint to which nothing is sent.
    breaker: isActive ? breakerStateOf(health, now) : 'closed',
    blockedBy: blockedBy === null ? null : { ...blockedBy, since: blockedBy.since.toISOString() },
    recoveringUntil: timeOrNull(recoveringUntil),
    pausedUntil: timeOrNull(pausedUntil),
  };
}

/** What a window says, its rate rounded as everywhere else. */
export function windowResponse(...of: Parameters<typeof summarizeWindow>): ReturnType<typeof summarizeWindow> {
  const summary = summarizeWindow(...of);
  return { ...summary, successRate: roundedRate(summary.successRate) };
}

/** What the webhook's own row says of now, in Unix milliseconds; null: it does not recover, it is not paused. */
export function standingOf(row: PacedRow, now: number) {
  const times = {
    recoveringSince: row.recoveringSince?.getTime() ?? null,
    recoveringUntil: row.recoveringUntil?.getTime() ?? null,
    pausedSince: row.pausedSince?.getTime() ?? null,
    pausedUntil: row.pausedUntil?.getTime() ?? null,
    earlierPauses: row.earlierPauses,
  };
  return { ...paceNow(times, now), pausedUntil: isPaused(times, now) ? times.pausedUntil : null };
}
