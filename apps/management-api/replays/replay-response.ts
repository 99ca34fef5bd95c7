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
    reachesBackTo: reachesBackTo(filter.rewindTo, replay.createdAt, historyDays),
    createdAt: replay.createdAt.toISOString(),
    startedAt: timeOrNull(replay.startedAt),
    finishedAt: timeOrNull(replay.finishedAt),
  };
}

/** What is older was dropped by the day, or will be before it is its turn. */
function reachesBackTo(rewindTo: string | undefined, createdAt: Date, historyDays: number): string | null {
  if (rewindTo === undefined) return null;
  return new Date(Math.max(Date.parse(rewindTo), createdAt.getTime() - historyDays * dayMs)).toISOString();
}
