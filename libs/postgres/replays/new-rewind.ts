/** The replay that rewinds a webhook, or lets a new one begin in the past, and what its webhook's row says meanwhile. */
import { randomBytes } from 'node:crypto';
import { replayPaceDefault } from '../../domain/delivery/replay.ts';
import { objectId } from '../../domain/object-id.ts';
import type { NewReplay } from './new-replay.ts';

export interface WantedRewind {
  readonly webhook: { readonly id: string; readonly clientId: string };
  /** Unix milliseconds. */
  readonly from: number;
  readonly now: Date;
  readonly createdBy: string;
  readonly pacePerSecond?: number | undefined;
}

export function rewindOf({ webhook, from, now, createdBy, pacePerSecond }: WantedRewind): NewReplay {
  return {
    id: objectId('replay', now.getTime(), randomBytes(10)),
    clientId: webhook.clientId,
    filter: { webhookId: webhook.id, rewindTo: new Date(Math.max(from, 0)).toISOString() },
    targetWebhookId: null,
    pacePerSecond: pacePerSecond ?? replayPaceDefault,
    createdBy,
  };
}

export function rewindColumns(rewind: NewReplay) {
  return { rewind: 'holding', rewindId: rewind.id, rewindTo: rewindToOf(rewind) } as const;
}

export function rewindToOf({ filter }: NewReplay): Date {
  return new Date(filter.rewindTo ?? 0);
}
