/** Text of strangers, in which nothing can hide: what is invisible or turns the direction of writing is shown as its code. */

/** Control characters but tab and line ends, direction marks, joiners and fillers that show nothing, lone surrogates. */
const hidden =
  /(?![\t\n\r])[\p{Cc}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/gu;

export interface TextPart {
  readonly text: string;
  /** True: stands for a character that would not be seen. */
  readonly isMark: boolean;
}

export function visibleParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const found of text.matchAll(hidden)) {
    if (found.index > end) parts.push({ text: text.slice(end, found.index), isMark: false });
    parts.push({ text: codeOf(found[0]), isMark: true });
    end = found.index + found[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isMark: false });
  return parts;
}

/** The same as one text, for names and titles. */
export function visibleText(text: string): string {
  return text.replaceAll(hidden, codeOf);
}

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
