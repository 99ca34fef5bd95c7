/** From the parameters of a list to a page request, and from a page to an answer. */
import { decodeCursor, encodeCursor } from '../../../libs/api-contract/cursor.ts';
import { timeOfId } from '../../../libs/domain/ids.ts';
import type { Page, PageRequest } from '../../../libs/postgres/page.ts';
import { invalid } from './problem-error.ts';

const limitDefault = 50;

interface PageParameters {
  readonly limit?: number;
  readonly cursor?: string;
}

/** In a cursor beside the position: the page that ends before it. */
const backwards = 'before';

/** For lists that are sorted by a text. @throws ProblemError when the cursor is none of ours */
export function pageByText(
  query: PageParameters,
  isPosition: (text: string) => boolean = isStorable,
): PageRequest<string> {
  return requestOf<string>(query, 'string', isPosition);
}

/** For lists that are sorted by a number. @throws ProblemError when the cursor is none of ours */
export function pageByNumber(query: PageParameters): PageRequest<number> {
  return requestOf<number>(query, 'number', Number.isSafeInteger);
}

export function pageAnswer<Item, Shown>(page: Page<Item, string | number>, show: (item: Item) => Shown) {
  return {
    data: page.items.map(show),
    nextCursor: page.next === null ? null : encodeCursor([page.next]),
    prevCursor: page.previous === null ? null : encodeCursor([page.previous, backwards]),
  };
}

/** {@link pageAnswer} of a list by ids of the history, which carry a time. */
export function searchedPageAnswer<Item, Shown>(page: Page<Item, string>, show: (item: Item) => Shown) {
  const { searchedTo = null } = page;
  return {
    ...pageAnswer(page, show),
    searchedTo: searchedTo === null ? null : new Date(timeOfId(searchedTo)).toISOString(),
  };
}

function requestOf<Position extends string | number>(
  { cursor, limit = limitDefault }: PageParameters,
  kind: 'string' | 'number',
  isPosition: (position: Position) => boolean,
): PageRequest<Position> {
  if (cursor === undefined) return { limit, after: null };
  const [position, direction] = decodeCursor(cursor, [kind]) ?? decodeCursor(cursor, [kind, 'string']) ?? [];
  const isOurs = direction === undefined || direction === backwards;
  if (position === undefined || !isOurs || !isPosition(position as Position)) throw badCursor();
  return direction === undefined
    ? { limit, after: position as Position }
    : { limit, after: null, before: position as Position };
}

function isStorable(text: string): boolean {
  return text.length <= 300 && !/[\p{Cc}\p{Cs}]/u.test(text);
}

function badCursor() {
  const message = 'This is not a cursor of this list: use nextCursor or prevCursor.';
  return invalid([{ path: '/cursor', rule: 'cursor', message }]);
}
