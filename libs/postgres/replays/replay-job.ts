/** A replay as the runner has it: read from its row, and what one batch of it brought. */
import {
  replayPositionOf,
  replayPositionText,
  type ReplayFilter,
  type ReplayPosition,
} from '../../domain/delivery/replay.ts';
import { rewindPositionOf, rewindPositionText, type RewindPosition } from '../../domain/delivery/rewind.ts';
import type { Run } from '../bulk.ts';
import type { ReplayRange } from './replay-candidates.ts';

export interface ReplayJob {
  readonly id: string;
  readonly range: ReplayRange;
  /** Null: each delivery goes where it went. */
  readonly targetWebhookId: string | null;
  readonly pacePerSecond: number;
  readonly position: ReplayPosition;
  /** Of a rewind, in the place of its position; null, or left out: it is none. */
  readonly rewind?: RewindPosition | null;
}

/** What one batch brought. */
export interface ReplayStep {
  readonly position: ReplayPosition | RewindPosition;
  readonly sent: number;
  readonly skipped: number;
  readonly isEnd: boolean;
  /** Until the next batch, in milliseconds. */
  readonly pauseMs: number;
  /** Why it ends as failed. */
  readonly failure?: string;
  /** What is kept with the position. */
  readonly apply?: (run: Run) => Promise<void>;
}

export function positionText(position: ReplayPosition | RewindPosition): string {
  switch (position.phase) {
    case 'deliveries':
    case 'events':
      return replayPositionText(position);
    default:
      return rewindPositionText(position);
  }
}

/** Batches follow each other within two seconds: what lies further ahead was written by a clock that is not ours. */
export const pauseMsMax = 60_000;

export interface JobRow {
  readonly id: string;
  readonly clientId: string;
  readonly filter: ReplayFilter;
  readonly targetWebhookId: string | null;
  readonly pacePerSecond: number;
  readonly position: string | null;
  readonly createdAtMs: number;
}

export const jobColumns = `id, client_id as "clientId", filter, target_webhook_id as "targetWebhookId", pace_per_second as "pacePerSecond", position,
  (extract(epoch from created_at) * 1000)::float8 as "createdAtMs"`;

/** All that a filter may say as far as this version knows. */
const known: Readonly<Record<keyof ReplayFilter, true>> = {
  webhookId: true,
  eventType: true,
  deliveryIds: true,
  missedWhileDisabled: true,
  missedSince: true,
  rewindTo: true,
  from: true,
  to: true,
  status: true,
  reason: true,
  responseCode: true,
  errorKind: true,
  kind: true,
  trigger: true,
  attempts: true,
  attemptedFrom: true,
  attemptedTo: true,
  arrivedFrom: true,
  arrivedTo: true,
};

/**
 * Where this version knows all that the filter says. Others are left to processes of a later version, which made them: what is
 * not understood would be passed over, and more sent than was asked for.
 */
export const isUnderstood = `not exists (
  select from json_object_keys(filter) said where said not in (${Object.keys(known)
    .map((name) => `'${name}'`)
    .join(', ')}))`;

export function rangeOf({ clientId, filter, createdAtMs }: JobRow): ReplayRange {
  return { clientId, filter, before: new Date(createdAtMs) };
}

export function jobOf(row: JobRow): ReplayJob {
  const { id, targetWebhookId, pacePerSecond, position } = row;
  const rewind = row.filter.rewindTo === undefined ? null : rewindPositionOf(position);
  return { id, range: rangeOf(row), targetWebhookId, pacePerSecond, position: replayPositionOf(position), rewind };
}
