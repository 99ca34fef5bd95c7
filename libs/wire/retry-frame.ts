/**
 * Retries in our own schema, read and turned into deliveries without decoding them: the schema of a delivery is that of
 * a retry without its last field, and so are the bytes (Avro 1.12, "Binary Encoding": a record is its fields, one after
 * another). A body is neither copied nor looked at.
 * Holds: what does not look like that is told apart (null), to be decoded the long way or set aside.
 */
import { isFramed, schemaIdOf } from './avro-codec.ts';

const headerBytes = 5;
/** Of a timestamp between July 1970 and September 2039 as Avro writes a long: zigzag, seven bits a byte. */
const notBeforeBytes = 6;
const more = 0x80;

export class RetryFrames {
  private readonly retrySchemaId: number;
  private readonly deliverySchemaId: number;

  constructor(schemaIds: { readonly retry: number; readonly delivery: number }) {
    this.retrySchemaId = schemaIds.retry;
    this.deliverySchemaId = schemaIds.delivery;
  }

  /** Unix milliseconds. */
  notBeforeOf(framed: Buffer): number | null {
    return this.isOurs(framed) ? lastTimestamp(framed) : null;
  }

  webhookIdOf(framed: Buffer): string | null {
    return this.notBeforeOf(framed) === null ? null : secondString(framed);
  }

  /** The same bytes as a delivery; those that were given are changed. */
  toDelivery(framed: Buffer): { readonly webhookId: string; readonly value: Buffer } | null {
    const webhookId = this.webhookIdOf(framed);
    if (webhookId === null) return null;
    framed.writeInt32BE(this.deliverySchemaId, 1);
    return { webhookId, value: framed.subarray(0, framed.length - notBeforeBytes) };
  }

  private isOurs(framed: Buffer): boolean {
    return (
      isFramed(framed) && framed.length > headerBytes + notBeforeBytes && schemaIdOf(framed) === this.retrySchemaId
    );
  }
}

/** Null when the bytes before it could be part of it. */
function lastTimestamp(framed: Buffer): number | null {
  const start = framed.length - notBeforeBytes;
  if (isMore(framed, start - 1) || isMore(framed, framed.length - 1)) return null;
  let zigzag = 0;
  for (let index = framed.length - 1; index >= start; index -= 1) {
    if (index < framed.length - 1 && !isMore(framed, index)) return null;
    zigzag = zigzag * more + (framed.readUInt8(index) & (more - 1));
  }
  return zigzag % 2 === 0 ? zigzag / 2 : null;
}

function isMore(framed: Buffer, index: number): boolean {
  return (framed.readUInt8(index) & more) !== 0;
}

/** The record begins with deliveryId and webhookId, each shorter than 8 KiB. */
function secondString(framed: Buffer): string | null {
  const first = stringAt(framed, headerBytes);
  const second = first === null ? null : stringAt(framed, first.end);
  return second === null ? null : framed.toString('utf8', second.start, second.end);
}

function stringAt(framed: Buffer, at: number): { readonly start: number; readonly end: number } | null {
  const low = framed[at] ?? 1;
  const isLong = low >= more;
  const zigzag = isLong ? (low & (more - 1)) + (framed[at + 1] ?? more) * more : low;
  const start = at + (isLong ? 2 : 1);
  const end = start + zigzag / 2;
  const isSound = zigzag % 2 === 0 && zigzag < more * more && end <= framed.length - notBeforeBytes;
  return isSound ? { start, end } : null;
}
