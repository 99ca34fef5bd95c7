/**
 * What a receiver has to know of an event, in its id: the event's number and when the call that produced it began. Of a
 * fixed width, so that it is read from the first bytes of a delivered body without parsing that. Pure.
 */

const prefix = 'bench-';
const numberDigits = 8;
const timeDigits = 16;

/** Where an id begins in a delivered body: `{"id":"`. */
const idStart = 7;
const numberStart = idStart + prefix.length;
const timeStart = numberStart + numberDigits + 1;
export const stampedBytesMin = timeStart + timeDigits;

export interface EventStamp {
  /** Counts from 0. */
  readonly number: number;
  /** By the clock of {@link nowMs}, in milliseconds. */
  readonly sentAtMs: number;
}

export function eventIdOf({ number, sentAtMs }: EventStamp): string {
  const time = String(Math.floor(sentAtMs * 1_000));
  return `${prefix}${String(number).padStart(numberDigits, '0')}-${time.padStart(timeDigits, '0')}`;
}

/** The number in an event id; null when it is none of ours. */
export function eventNumberOf(eventId: string): number | null {
  return eventId.startsWith(prefix) ? Number(eventId.slice(prefix.length, prefix.length + numberDigits)) : null;
}

/** The stamp in the first bytes of a delivered body; null when there is none. */
export function stampIn(body: Buffer): EventStamp | null {
  if (body.length < stampedBytesMin) return null;
  const number = digits(body, numberStart, numberDigits);
  const time = digits(body, timeStart, timeDigits);
  return number === null || time === null ? null : { number, sentAtMs: time / 1_000 };
}

function digits(body: Buffer, start: number, count: number): number | null {
  let value = 0;
  for (let index = start; index < start + count; index += 1) {
    const digit = (body[index] ?? 0) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return value;
}
