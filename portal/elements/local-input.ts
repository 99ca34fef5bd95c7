/** Between a moment in UTC and the text of a `datetime-local` field. Pure but for the zone of the browser. */
import type { ZoneChoice } from './time-text.ts';

/** Empty for what is no moment. */
export function toLocalInput(iso: string, zone: ZoneChoice): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  // The offset of that moment, not of now: clocks may have changed between.
  const offsetMs = zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offsetMs).toISOString().slice(0, 19);
}

/** Null for what is no moment. */
export function fromLocalInput(text: string, zone: ZoneChoice): string | null {
  // Without an offset, such a text is of the browser's zone.
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
