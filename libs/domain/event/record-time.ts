/**
 * What the timestamp of a Kafka record says. Producers set it as they like: in seconds, microseconds or nanoseconds, to 0 or
 * -1, or to that of the log which they copy. In: the number. Out: a moment that an id, a database and a page can show.
 */
import { dayMs } from '../day.ts';

/** How far the clocks of producers may be ahead. */
const aheadMsMax = dayMs;

/**
 * Unix milliseconds; null: none that anybody could mean. The size of the number tells its unit: in milliseconds 1e11 is March
 * 1973 and 1e14 the year 5138, and in the other units the same bounds hold. A function of the record alone.
 */
export function recordTimeOf(timestamp: number): number | null {
  if (!Number.isFinite(timestamp) || timestamp < 1e8) return null;
  if (timestamp < 1e11) return Math.trunc(timestamp * 1_000);
  if (timestamp < 1e14) return Math.trunc(timestamp);
  if (timestamp < 1e17) return Math.trunc(timestamp / 1_000);
  return timestamp < 1e20 ? Math.trunc(timestamp / 1_000_000) : null;
}

/**
 * The time that a record carries. Null when it carries none, one that the history does not keep any more, or one that is more than
 * a day ahead.
 */
export function keptTimeOf(timestamp: number, nowMs: number, historyMs: number): number | null {
  const time = recordTimeOf(timestamp);
  return time !== null && time >= nowMs - historyMs && time <= nowMs + aheadMsMax ? time : null;
}

/** The time in ids where nothing else tells it: the day, so that what is fanned out again soon has the same ids. */
export function startOfDay(nowMs: number): number {
  return nowMs - (nowMs % dayMs);
}

/** For how long a record has waited; 0 when it does not say. */
export function recordAgeMs(timestamp: number, nowMs: number): number {
  const time = recordTimeOf(timestamp);
  return time === null ? 0 : Math.max(0, nowMs - time);
}
