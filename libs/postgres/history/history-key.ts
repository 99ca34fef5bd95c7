/** Ids of the history carry a time: with it a row is looked for in the partition of its day only. */
import { isTimeless, timeOfId } from '../../domain/ids.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** The end of the year 9999: nothing later is stored. */
const timeMsMax = 253_402_300_799_999;

/** The time in an id; null for a text that is no id of the history. */
export function dayTimeOf(id: string): Date | null {
  if (!uuid.test(id)) return null;
  const timeMs = timeOfId(id);
  return timeMs > timeMsMax ? null : new Date(timeMs);
}

/** Whether it may be the id of a delivery that says nothing of a day. */
export function isTimelessId(id: string): boolean {
  return uuid.test(id) && isTimeless(id);
}

/** The least id that carries this time. */
export function firstIdAt(time: Date): string {
  const hex = Math.max(time.getTime(), 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
