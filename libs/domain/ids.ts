/**
 * Ids that are functions of what they name, so that doing a step twice names the same thing.
 * UUID v8 (RFC 9562, section 5.8): 48 bits of Unix milliseconds, version, hash bits, variant, hash bits.
 */
import { hash } from 'node:crypto';

const timeMsMax = 2 ** 48 - 1;

/** UUID v8 from a time in Unix milliseconds and the SHA-256 of the parts, each preceded by its length. */
export function timedId(timeMs: number, ...parts: readonly string[]): string {
  return idFrom(digitsOf(timeMs), digestOf(parts));
}

/** Twelve hexadecimal digits. @throws RangeError */
function digitsOf(timeMs: number): string {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > timeMsMax) {
    throw new RangeError(`time out of the range of an id: ${timeMs}`);
  }
  return timeMs.toString(16).padStart(12, '0');
}

function digestOf(parts: readonly string[]): string {
  return hash('sha256', parts.map(hashed).join(''), 'hex');
}

function hashed(part: string): string {
  return `${part.length}:${part}`;
}

/** Of an id the part with its first twelve digits and two hyphens. */
const headLength = 14;

/** @param begin twelve hexadecimal digits */
function idFrom(begin: string, digest: string): string {
  return headOf(begin) + tailOf(digest);
}

function headOf(begin: string): string {
  return `${begin.slice(0, 8)}-${begin.slice(8)}-`;
}

/** Version, hash bits, variant, hash bits. */
function tailOf(digest: string): string {
  const variant = '89ab'.charAt(parseInt(digest.charAt(3), 16) & 0x3);
  return `8${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}

/**
 * The id of what an event becomes at a webhook, for everybody: its receiver gets it as `webhook-id`, the API, the history and the topics
 * name it so. A function of source (CloudEvents, section 3.1), id and webhook alone: every copy of the event has it, whenever and
 * wherever it was written. Its first digit is `f`: read as a time it is one that no id of {@link timedId} has.
 */
export function deliveryIdOf(eventId: string, webhookId: string, source: string | null = null): string {
  return deliveryIdsFor(eventId, source)(webhookId);
}

/** The same for each webhook that is asked for: what is of the event alone is made once. */
export function deliveryIdsFor(eventId: string, source: string | null = null): (webhookId: string) => string {
  const begin = ['delivery', ...named(source, eventId)].map(hashed).join('');
  return (webhookId) => {
    const digest = hash('sha256', begin + hashed(webhookId), 'hex');
    return idFrom(`f${digest.slice(19, 30)}`, digest);
  };
}

/** The id of what is sent to a webhook once, by somebody's wish: nobody writes copies of its event, so it may carry its time. */
export function madeUpDeliveryIdOf(timeMs: number, eventId: string, webhookId: string, source: string): string {
  return timedId(timeMs, 'delivery', source, eventId, webhookId);
}

/**
 * The key of a delivery in the history, which is partitioned by days and listed in the order of its keys: the id with the time of the event in
 * place of its first digits. An id that carries a time, as all of earlier versions do, is its own key.
 */
export function historyIdOf(deliveryId: string, eventTimeMs: number): string {
  return isTimeless(deliveryId) ? headOf(digitsOf(eventTimeMs)) + deliveryId.slice(headLength) : deliveryId;
}

/** Whether it is one of {@link deliveryIdOf}, which say nothing of a day. */
export function isTimeless(deliveryId: string): boolean {
  return deliveryId.startsWith('f');
}

/** The key of an event in the history; `clientId` null for a broadcast. */
export function eventKeyOf(
  eventTimeMs: number,
  clientId: string | null,
  eventId: string,
  source: string | null = null,
): string {
  return timedId(eventTimeMs, 'event', clientId ?? '', ...named(source, eventId));
}

function named(source: string | null, eventId: string): string[] {
  return source === null ? [eventId] : [source, eventId];
}

/** Unix milliseconds that an id carries. The id must be one that {@link timedId} made. */
export function timeOfId(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * The time that ids carry: the event's own when it lies within the history's reach of when it came (`retentionMs` back, one day
 * ahead), else the other one. When that is its record's it is a function of the record alone, so a second fan-out agrees.
 */
export function idTimeOf(
  eventTimeMs: number | null,
  receivedAtMs: number,
  retentionMs: number,
  otherMs = receivedAtMs,
): number {
  if (eventTimeMs === null) return otherMs;
  const isWithinReach = eventTimeMs >= receivedAtMs - retentionMs && eventTimeMs <= receivedAtMs + 86_400_000;
  return isWithinReach ? eventTimeMs : otherMs;
}
