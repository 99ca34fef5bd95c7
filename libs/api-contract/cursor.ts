/** Cursors of lists: where a page ended, opaque to whoever holds one. */

/** @param position of the last item: values of its sort key */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The values of {@link encodeCursor}, or null when the text is none of ours for a key of this shape. */
export function decodeCursor(text: string, shape: readonly ('string' | 'number')[]): (string | number)[] | null {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const fits =
      Array.isArray(position) &&
      position.length === shape.length &&
      shape.every((kind, index) => typeof position[index] === kind);
    return fits ? (position as (string | number)[]) : null;
  } catch {
    return null;
  }
}
