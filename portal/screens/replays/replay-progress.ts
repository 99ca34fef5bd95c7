/** How far a replay is, how fast, and when it will be done. Pure: the present is an argument. */
import type { components } from '../../../libs/api-client/generated/api.d.ts';

export type ReplayCounts = Pick<
  components['schemas']['Replay'],
  'status' | 'total' | 'done' | 'skipped' | 'pacePerSecond' | 'startedAt' | 'finishedAt'
>;

export interface ReplayProgress {
  /** Sent and skipped. */
  readonly looked: number;
  /** Whole; null: nobody counted what there is. */
  readonly percent: number | null;
  /** Sent per second since it began; null: too little to tell. */
  readonly perSecond: number | null;
  /** Null: nothing is left, or nobody knows. */
  readonly leftMs: number | null;
}

/** A shorter time tells nothing of a pace. */
const measuredMsMin = 1_000;

export function progressOf(replay: ReplayCounts, now: number): ReplayProgress {
  const { status, total, done, skipped, pacePerSecond, startedAt, finishedAt } = replay;
  const looked = done + skipped;
  const ranMs = startedAt === null ? 0 : (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
  const isMeasured = ranMs >= measuredMsMin && looked > 0;
  const lookedPerSecond = isMeasured ? (looked * 1000) / ranMs : pacePerSecond;
  const isUnderWay = status === 'pending' || status === 'running';
  const left = total === null ? null : Math.max(0, total - looked);
  return {
    looked,
    percent: percentOf(status, looked, total),
    perSecond: ranMs >= measuredMsMin && done > 0 ? (done * 1000) / ranMs : null,
    leftMs: isUnderWay && left !== null && left > 0 ? (left * 1000) / lookedPerSecond : null,
  };
}

/** 100 only when it is over: what came to be meanwhile is looked at as well. */
function percentOf(status: ReplayCounts['status'], looked: number, total: number | null): number | null {
  if (status === 'finished') return 100;
  if (total === null) return null;
  return total === 0 ? 0 : Math.min(99, Math.floor((looked * 100) / total));
}
