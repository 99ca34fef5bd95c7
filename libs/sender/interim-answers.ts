/**
 * Interim answers (1xx) come before the answer, and a client that did not ask for them ignores them (RFC 9110, section
 * 15.2). undici does so with all but `100 Continue`: there it breaks the connection, and a delivery that was processed
 * would end as a reset. So `100 Continue` is taken out of what the socket brings.
 */
import type { Socket } from 'node:net';

const interim = Buffer.from('HTTP/1.1 1');
/** Where the code begins, and what it begins with. */
const codeAt = interim.length - 1;
const interimDigit = 0x31;
/** With the whole code. */
const codeEnd = interim.length + 2;
const headEnd = '\r\n\r\n';
/** Of one interim answer that has not ended; beyond, it goes on as it came and is refused as no HTTP. */
const headBytesMax = 16_384;

/** What comes before an answer that undici cannot read. */
export interface AnswerStart {
  /** To be called when a request goes out: what comes next is the beginning of an answer. */
  expect(): void;
  /** To be called when an answer was read, so that its bytes are not kept as long as the connection. */
  forget(): void;
  /** Of the answer that is being read, its status line at least once it is there; null before its first byte. */
  readonly bytes: Buffer | null;
}

/** `HTTP/1.1 200` and what ends it, with blanks to spare. */
const statusBytes = 16;

export function followAnswers(socket: Socket): AnswerStart {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let isAtStart = true;
  let held: Buffer | null = null;
  let start: Buffer | null = null;
  socket.read = (size) => {
    while (isAtStart) {
      const chunk = read(size);
      if (chunk === null) return null;
      // Nearly all answers: their code is there, and it is no interim one.
      if (held === null && chunk.length > codeAt && chunk[codeAt] !== interimDigit) {
        isAtStart = false;
        start = chunk;
        return chunk;
      }
      const { heads, left, isWhole } = withoutContinue(held === null ? chunk : Buffer.concat([held, chunk]));
      held = isWhole ? null : left;
      isAtStart = !isWhole || left.length === 0;
      if (!isAtStart) start = left;
      const passed = isWhole ? [...heads, left] : heads;
      if (passed.length === 1 && !isAtStart) return left;
      const bytes = Buffer.concat(passed);
      if (bytes.length > 0) return bytes;
    }
    const chunk = read(size);
    if (start !== null && start.length < statusBytes && chunk !== null) start = Buffer.concat([start, chunk]);
    return chunk;
  };
  return {
    expect: () => {
      isAtStart = true;
      held = null;
      start = null;
    },
    forget: () => {
      start = null;
    },
    get bytes() {
      return start;
    },
  };
}

/**
 * The code in the status line with which these bytes begin; null when they do not begin so (RFC 9112, section 4). A version that is written
 * otherwise, or is another, changes nothing about what the code says (RFC 9110, section 6.2).
 */
export function statusOf(bytes: Buffer): number | null {
  const [, code] =
    /^HTTP\/\d(?:\.\d)? {1,3}([1-9]\d\d)(?=[ \r\n])/i.exec(bytes.toString('latin1', 0, statusBytes)) ?? [];
  return code === undefined ? null : Number(code);
}

interface Split {
  /** Of interim answers that undici may see. */
  readonly heads: Buffer[];
  /** The beginning of the answer, or of an interim one that has not ended. */
  readonly left: Buffer;
  /** False: `left` may still become an interim answer. */
  readonly isWhole: boolean;
}

function withoutContinue(bytes: Buffer): Split {
  const heads: Buffer[] = [];
  let left = bytes;
  while (left.length > 0 && mayBeInterim(left)) {
    const end = left.indexOf(headEnd);
    if (end < 0) return { heads, left, isWhole: left.length > headBytesMax };
    const head = left.subarray(0, end + headEnd.length);
    if (codeOf(head) !== '00') heads.push(head);
    left = left.subarray(head.length);
  }
  return { heads, left, isWhole: true };
}

/** 101 is none: nobody asked to switch, and nothing of HTTP follows it. */
function mayBeInterim(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, interim.length);
  if (bytes.compare(interim, 0, length, 0, length) !== 0) return false;
  return bytes.length < codeEnd || codeOf(bytes) !== '01';
}

function codeOf(head: Buffer): string {
  return head.toString('latin1', interim.length, codeEnd);
}
