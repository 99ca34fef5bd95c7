/**
 * Records that were rejected and are sent again. They come on a topic of ours, because their own has other readers; what their
 * mapping sees is where they were, so that they become the events that they would have become.
 */
import { isOfOneWebhook } from '../../domain/event/rejection.ts';
import { ownTopics, topicName } from '../topics.ts';
import type { MappableRecord } from './mapping-input.ts';

const names = {
  topic: 'redriven-topic',
  partition: 'redriven-partition',
  offset: 'redriven-offset',
  timestamp: 'redriven-timestamp',
} as const;

/** How often it was sent again: a second rejection says so. */
const countName = 'redriven-count';

/** Headers of platform.events.rejected, by what they say. */
const sourceNames = {
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  timestamp: 'source-timestamp',
} as const;

export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Null: nobody wrote it down. */
  readonly timestampMs: number | null;
}

/** The record, as it was where it came from. */
export function originOf(record: MappableRecord): MappableRecord {
  if (!Object.hasOwn(record.headers, names.topic)) return record;
  const origin = read(record.headers, names);
  if (origin === null) return record;
  return { ...record, ...origin, timestampMs: origin.timestampMs ?? record.timestampMs };
}

/** It was rejected, and somebody sent it again. */
export function isRedriven({ headers }: Pick<MappableRecord, 'headers'>): boolean {
  return Object.hasOwn(headers, names.topic);
}

/** Where a record on platform.events.rejected was first. Null: its headers do not say. */
export function rejectedFrom(headers: MappableRecord['headers']): Origin | null {
  return read(headers, names) ?? read(headers, sourceNames);
}

/** How often it was sent again before. */
export function redriveCount(headers: MappableRecord['headers']): number {
  if (!Object.hasOwn(headers, names.topic)) return 0;
  const written = Object.hasOwn(headers, countName) ? headers[countName]?.toString('latin1') : undefined;
  // Those that earlier versions sent again do not say how often.
  return written !== undefined && /^[1-9]\d{0,5}$/.test(written) ? Number(written) : 1;
}

/** Why a rejected record is not to be sent again, whatever was mended. Null: it may be. */
export function redriveRefusal(
  { origin, reason, detail }: { readonly origin: Origin | null; readonly reason: string; readonly detail: string },
  topicPrefix: string,
): string | null {
  if (origin === null) return 'its headers do not say where it came from';
  const own = ownTopics.map((spec) => topicName(topicPrefix, spec));
  if (own.includes(origin.topic)) return 'it is not an event of a platform';
  return isOfOneWebhook({ reason, detail }) ? 'it is too large for one webhook, and went to the others' : null;
}

/** Of a record that is sent again, from those that it has on platform.events.rejected. */
export function redrivenHeaders(headers: MappableRecord['headers'], origin: Origin): Record<string, string | Buffer> {
  const ours = new Set<string>(['reason', 'detail', countName, ...Object.values(sourceNames), ...Object.values(names)]);
  const theirs = Object.entries(headers).filter(([name]) => !ours.has(name));
  return {
    ...Object.fromEntries(theirs),
    [countName]: String(redriveCount(headers) + 1),
    [names.topic]: origin.topic,
    [names.partition]: String(origin.partition),
    [names.offset]: String(origin.offset),
    ...(origin.timestampMs === null ? {} : { [names.timestamp]: String(origin.timestampMs) }),
  };
}

function read(headers: MappableRecord['headers'], by: Readonly<Record<keyof typeof names, string>>): Origin | null {
  const text = (name: string) => (Object.hasOwn(headers, name) ? headers[name]?.toString('latin1') : undefined);
  const number = (name: string) => {
    const written = text(name);
    return written !== undefined && /^-?\d{1,16}$/.test(written) ? Number(written) : null;
  };
  const topic = text(by.topic);
  const partition = number(by.partition);
  const offset = number(by.offset);
  if (topic === undefined || partition === null || offset === null) return null;
  return { topic, partition, offset, timestampMs: number(by.timestamp) };
}
