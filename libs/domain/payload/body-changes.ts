/** The usual ways in which a body stops being the bytes that were signed. Pure. */
import { latin1, textOf, utf8 } from '../signature/bytes.ts';

export interface BodyVariant {
  readonly bytes: Uint8Array;
  /** What happened to the body, if these are the bytes that were signed. */
  readonly change: string;
}

const byteOrderMark = '\ufeff';

/** What the body may have been before somebody touched it. */
export function bodyVariants(body: Uint8Array): readonly BodyVariant[] {
  const text = textOf(body);
  const plain = text.startsWith(byteOrderMark) ? text.slice(1) : text;
  const variant = (before: string, change: string): BodyVariant => ({ bytes: utf8(before), change });
  return [
    variant(plain, 'a byte order mark was put in front of the body'),
    variant(plain.trim(), 'white space was added around the body'),
    variant(`${plain}\n`, 'the line end at the end of the body was cut off'),
    variant(plain.replaceAll('\r\n', '\n'), 'line ends of the body were changed to CR LF'),
    variant(plain.replaceAll('\n', '\r\n'), 'line ends of the body were changed to LF'),
    ...reserialised(plain).map((before) =>
      variant(before, 'the body was parsed and written again: verify the bytes as they came, before any JSON parser'),
    ),
    { bytes: latin1(text), change: 'the body was read as Latin-1 and written as UTF-8' },
  ];
}

function reserialised(text: string): readonly string[] {
  try {
    return [JSON.stringify(JSON.parse(text))];
  } catch {
    return [];
  }
}

/** Where two texts part, in words. */
export function firstDifference(sent: Uint8Array, received: Uint8Array): string {
  const end = Math.min(sent.length, received.length);
  let index = 0;
  while (index < end && sent[index] === received[index]) index += 1;
  if (index === end) {
    const [more, what] = sent.length > received.length ? [sent, 'missing at its end'] : [received, 'more at its end'];
    return `${more.length - end} bytes are ${what}`;
  }
  return `from byte ${index} on it is ${excerpt(received, index)} instead of ${excerpt(sent, index)}`;
}

function excerpt(bytes: Uint8Array, index: number): string {
  return JSON.stringify(String.fromCharCode(...bytes.subarray(index, index + 12)));
}
