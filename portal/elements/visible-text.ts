/** Text of strangers, in which nothing can hide: what is invisible or turns the direction of writing is shown as its code. */

/**
 * Control characters but tab and line ends, lone surrogates, and whatever shows nothing by itself: direction marks, joiners,
 * fillers, tags, selectors of variants. The one that makes a sign colourful stays behind such a sign.
 */
const hidden =
  /(?![\t\n\r]|(?<=\p{Emoji})\ufe0f)[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;

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
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}
