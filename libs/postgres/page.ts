/** Pages of lists by keyset: no page costs more than the first. */

export interface PageRequest<Position> {
  readonly limit: number;
  /** Sort key of the last item of the page before; null for the first page. */
  readonly after: Position | null;
}

export interface Page<Item, Position> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next: Position | null;
}

/** @param found up to one item more than the limit: the one that tells whether another page follows */
export function pageFrom<Item, Position>(
  found: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? positionOf(last) : null };
}
