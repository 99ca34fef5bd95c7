/** A replay as the API answers it. */
import type { AnswerOf } from '../../../libs/api-contract/operation.ts';
import type { getReplay } from '../../../libs/api-contract/replays.ts';
import type { Replay } from '../../../libs/postgres/replays/new-replay.ts';
import { timeOrNull } from '../responses.ts';
import { dayMs } from '../../../libs/domain/day.ts';

type Shown = AnswerOf<typeof getReplay>;

/** @param historyDays HISTORY_RETENTION_DAYS */
export function replayResponse({ isDryRun, filter, ...replay }: Replay, historyDays: number): Shown {
  const status = filter.status === undefined ? {} : { status: [...filter.status] };
  return {
    ...replay,
    dryRun: isDryRun,
    filter: { ...filter, ...status } as Shown['filter'],
    ...(filter.rewindTo === undefined && { leavesOut: leavesOut(filter) }),
    reachesBackTo: reachesBackTo(filter.rewindTo, replay.createdAt, historyDays),
    createdAt: replay.createdAt.toISOString(),
    startedAt: timeOrNull(replay.startedAt),
    finishedAt: timeOrNull(replay.finishedAt),
  };
}

/** Of what did not arrive. What is chosen one by one leaves out nothing that was meant. */
function leavesOut({ deliveryIds, missedWhileDisabled = false, status }: Replay['filter']): string[] {
  if (deliveryIds !== undefined) return [];
  const isOfFailed = status?.includes('failed_permanent') ?? false;
  const isOfOpen = status?.includes('pending') === true && status.includes('failed_retryable');
  return [
    ...(isOfFailed ? [] : ['Deliveries that failed while their webhook was active: status failed_permanent has them.']),
    ...(missedWhileDisabled ? [] : ['Events that came while a webhook was disabled: missedWhileDisabled has them.']),
    ...(isOfOpen ? [] : ['Deliveries that are pending or failed_retryable: they are attempted without it.']),
  ];
}

/** What is older was dropped by the day, or will be before it is its turn. */
function reachesBackTo(rewindTo: string | undefined, createdAt: Date, historyDays: number): string | null {
  if (rewindTo === undefined) return null;
  return new Date(Math.max(Date.parse(rewindTo), createdAt.getTime() - historyDays * dayMs)).toISOString();
}
