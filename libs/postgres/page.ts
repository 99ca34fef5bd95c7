/** Pages of lists by keyset, in both directions: no page costs more than the first. */
import type { Conditions } from './conditions.ts';

export interface PageRequest<Position> {
  readonly limit: number;
  /** Sort key of the last item of the page before; null for the first page, or when `before` is given. */
  readonly after: Position | null;
  /** Sort key of the first item of the page that follows. */
  readonly before?: Position | null;
}

export interface Page<Item, Position> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next: Position | null;
  /** Null on the first page. */
  readonly previous: Position | null;
  /** The page ends early, because so many rows were looked at: the last one of them. */
  readonly searchedTo?: Position | null;
}

type Direction = 'asc' | 'desc';

/**
 * The end of the statement of a page: one item more than asked for, which tells whether there is more. A page before
 * another one is read from there, backwards; {@link pageFrom} turns it round.
 * @param key unique column that the list is sorted by
 */
export function seek(
  conditions: Conditions,
  key: string,
  direction: Direction,
  { limit, after, before = null }: PageRequest<unknown>,
): string {
  const isForward = before === null;
  const isDescending = (direction === 'desc') === isForward;
  conditions.add(`${key} ${isDescending ? '<' : '>'} ?`, isForward ? after : before);
  return `order by ${key} ${isDescending ? 'desc' : 'asc'} limit ${limit + 1}`;
}

/** @param found up to one item more than the limit */
export function pageFrom<Item, Position>(
  found: readonly Item[],
  { limit, after, before = null }: PageRequest<Position>,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const isForward = before === null;
  const hasMore = found.length > limit;
  const items = found.slice(0, limit);
  if (!isForward) items.reverse();
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined) return { items, next: null, previous: null };
  return {
    items,
    next: !isForward || hasMore ? positionOf(last) : null,
    previous: (isForward ? after !== null : hasMore) ? positionOf(first) : null,
  };
}

/**
 * A way back that ended before the first item: nothing is there any more, or nothing that is wanted. Such a page leads
 * nowhere; the first page of the list is what was asked for.
 */
export function isBeforeAll({ items, next }: Page<unknown, unknown>, { before = null }: PageRequest<unknown>): boolean {
  return before !== null && items.length === 0 && next === null;
}

export function firstOf<Position>({ limit }: PageRequest<Position>): PageRequest<Position> {
  return { limit, after: null };
}

/** A row that was looked at. */
export interface LookedItem<Item> {
  readonly item: Item;
  /** What the filter asks for. */
  readonly isWanted: boolean;
  /** The last that was looked at: there may be more behind it. */
  readonly isLast: boolean;
}

/**
 * {@link pageFrom} of a scan with a bound of rows. A page that met the bound has fewer items, perhaps none, and goes on
 * where the scan ended.
 * @param found up to one wanted item more than the limit, and the last row of a scan that met its bound
 */
export function pageLookedAt<Item, Position>(
  found: readonly LookedItem<Item>[],
  request: PageRequest<Position>,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const { limit, after, before = null } = request;
  const wanted = found.filter(({ isWanted }) => isWanted).map(({ item }) => item);
  const page = pageFrom(wanted, request, positionOf);
  const last = found.find(({ isLast }) => isLast);
  if (last === undefined || wanted.length > limit) return page;
  const searchedTo = positionOf(last.item);
  return before === null
    ? { ...page, next: searchedTo, previous: page.previous ?? (after === null ? null : searchedTo), searchedTo }
    : { ...page, previous: searchedTo, next: page.next ?? searchedTo, searchedTo };
}
