/**
 * In: a record on platform.events.rejected. Out: what is kept of it. Holds: never throws, whatever the record is; no value of a
 * sensitive field is kept, and of what is no JSON no value at all; what one record costs is bounded, and so is what all of a minute keep.
 */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import {
  rejectedValueBytesMax,
  type RejectedEvent,
  type RejectedValueState,
} from '../../libs/domain/event/rejected-event.ts';
import { objectId } from '../../libs/domain/object-id.ts';
import { SensitiveNames } from '../../libs/domain/payload/mask.ts';
import { maskedWhole } from '../../libs/domain/payload/masked-whole.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import { redriveCount, redriveRefusal, rejectedFrom } from '../../libs/wire/mapping/redriven.ts';

const keyBytesMax = 256;
const detailMax = 2_000;
const nameMax = 255;
/** The end of the year 9999. */
const timeMsMax = 253_402_300_799_999;
const minuteMs = 60_000;

/** Bytes of values that a minute keeps: a producer that writes nothing else does not fill the disk. */
export class ValueBudget {
  private readonly bytesMax: number;
  private readonly now: () => number;
  private minute = -1;
  private bytes = 0;

  /** @param now monotonic milliseconds */
  constructor(now: () => number, bytesMax = 4 * 1024 * 1024) {
    this.now = now;
    this.bytesMax = bytesMax;
  }

  take(bytes: number): boolean {
    const minute = Math.floor(this.now() / minuteMs);
    if (minute !== this.minute) this.bytes = 0;
    this.minute = minute;
    if (this.bytes + bytes > this.bytesMax) return false;
    this.bytes += bytes;
    return true;
  }
}

export interface RejectedRowParts {
  readonly sensitiveNames: readonly string[];
  readonly topicPrefix: string;
  readonly budget: Pick<ValueBudget, 'take'>;
}

export function rejectedRowOf({ sensitiveNames, topicPrefix, budget }: RejectedRowParts) {
  // Whatever is in there as base64 cannot be masked.
  const names = new SensitiveNames([...sensitiveNames, 'data_base64']);
  return (record: KafkaRecord): RejectedEvent => {
    const { headers, partition, offset, timestampMs, value } = record;
    const origin = rejectedFrom(headers);
    const [reason, detail] = [textOf(headers, 'reason', nameMax), textOf(headers, 'detail', detailMax)];
    const rejectedAtMs = timeOrNull(timestampMs) ?? 0;
    return {
      id: objectId('rejected', rejectedAtMs, createHash('sha256').update(`${partition}@${offset}`).digest()),
      ...{ rejectedAtMs, reason, detail, partition, offset },
      sourceTopic: origin?.topic.slice(0, nameMax) ?? null,
      sourcePartition: origin !== null && origin.partition <= 0x7fff_ffff ? origin.partition : null,
      sourceOffset: origin?.offset ?? null,
      sourceAtMs: timeOrNull(origin?.timestampMs ?? null),
      key: shownKey(record.key),
      ...keptValue(value, names, budget),
      valueBytes: value?.length ?? 0,
      redriveCount: redriveCount(headers),
      refusal: redriveRefusal({ origin, reason, detail }, topicPrefix),
    };
  };
}

function keptValue(
  bytes: Buffer | null,
  names: SensitiveNames,
  budget: RejectedRowParts['budget'],
): { readonly value: string | null; readonly valueState: RejectedValueState } {
  if (bytes === null) return { value: null, valueState: 'none' };
  if (!isUtf8(bytes)) return { value: null, valueState: 'binary' };
  // Before it is read: what a minute reads is bounded with it.
  if (!budget.take(Math.min(bytes.length, rejectedValueBytesMax))) return { value: null, valueState: 'left_out' };
  const masked = maskedWhole(bytes.toString('utf8'), names);
  if (masked === null) return { value: null, valueState: 'unreadable' };
  const shown = Buffer.from(masked);
  const begin = beginOf(shown, rejectedValueBytesMax);
  return { value: begin.toString('utf8'), valueState: begin.length < shown.length ? 'cut' : 'whole' };
}

function shownKey(key: Buffer | null): string | null {
  if (key === null) return null;
  const begin = beginOf(key, keyBytesMax);
  return isUtf8(begin) ? begin.toString('utf8') : begin.toString('base64');
}

/** Not in the middle of a character. */
function beginOf(bytes: Buffer, bytesMax: number): Buffer {
  if (bytes.length <= bytesMax) return bytes;
  let end = bytesMax;
  while (end > bytesMax - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

function textOf(headers: KafkaRecord['headers'], name: string, lengthMax: number): string {
  return Object.hasOwn(headers, name) ? (headers[name]?.toString('utf8').slice(0, lengthMax) ?? '') : '';
}

function timeOrNull(ms: number | null): number | null {
  return ms === null || !Number.isFinite(ms) || ms < 0 || ms > timeMsMax ? null : Math.floor(ms);
}
