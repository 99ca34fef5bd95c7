/** The replay that rewinds a webhook, or lets a new one begin in the past, as it is asked for. */
import type { NewReplay } from '../../../libs/postgres/replays/new-replay.ts';
import { rewindOf, type WantedRewind } from '../../../libs/postgres/replays/new-rewind.ts';
import { invalid } from '../http/problem-error.ts';

export interface AskedRewind extends Omit<WantedRewind, 'from'> {
  /** RFC 3339. */
  readonly to: string;
  /** Of the member that says so. */
  readonly path: string;
}

/** @throws ProblemError for a time to come */
export function newRewind({ to, path, ...wanted }: AskedRewind): NewReplay {
  const from = Date.parse(to);
  if (from > wanted.now.getTime()) {
    throw invalid([{ path, rule: 'range', message: 'Must be a time in the past.' }]);
  }
  return rewindOf({ ...wanted, from });
}
