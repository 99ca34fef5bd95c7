/** The beginning of an answer's body, which is kept as bytes, as text for people. */
import { TextDecoder } from 'node:util';

/** The parameter of a media type (RFC 9110, section 8.3.2), quoted or not. */
const charsetIn = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/**
 * In the charset that the answer named, else in UTF-8; what cannot be read becomes U+FFFD, but for a last character
 * that was cut in two: that is left out.
 */
export function sampleText(sample: Buffer, contentType: string | undefined, isCut: boolean): string {
  return decoderFor(charsetIn.exec(contentType ?? '')?.[1]).decode(sample, { stream: isCut });
}

function decoderFor(charset: string | undefined): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
