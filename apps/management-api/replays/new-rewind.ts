/** The replay that rewinds a webhook, or lets a new one begin in the past. */
import { randomBytes } from 'node:crypto';
import { replayPaceDefault } from '../../../libs/api-contract/replays.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import type { NewReplay } from '../../../libs/postgres/replays/new-replay.ts';
import { invalid } from '../http/problem-error.ts';

export interface WantedRewind {
  readonly webhook: { readonly id: string; readonly clientId: string };
  /** RFC 3339. */
  readonly to: string;
  /** Of the member that says so. */
  readonly path: string;
  readonly now: Date;
  /** The key. */
  readonly createdBy: string;
  readonly pacePerSecond?: number | undefined;
}

/** @throws ProblemError for a time to come */
export function newRewind({ webhook, to, path, now, createdBy, pacePerSecond }: WantedRewind): NewReplay {
  const from = Math.max(Date.parse(to), 0);
  if (from > now.getTime()) {
    throw invalid([{ path, rule: 'range', message: 'Must be a time in the past.' }]);
  }
  return {
    id: objectId('replay', now.getTime(), randomBytes(10)),
    clientId: webhook.clientId,
    filter: { webhookId: webhook.id, rewindTo: new Date(from).toISOString() },
    targetWebhookId: null,
    pacePerSecond: pacePerSecond ?? replayPaceDefault,
    createdBy,
  };
}
