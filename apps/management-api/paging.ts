/** From the parameters of a list to a page request, and from a page to an answer. */
import { decodeCursor, encodeCursor } from '../../libs/api-contract/cursor.ts';
import type { Page, PageRequest } from '../../libs/postgres/page.ts';
import { invalid } from './problem-error.ts';

const limitDefault = 50;

interface PageParameters {
  readonly limit?: number;
  readonly cursor?: string;
}

/** For lists that are sorted by a text. @throws ProblemError when the cursor is none of ours */
export function pageByText(
  query: PageParameters,
  isPosition: (text: string) => boolean = isStorable,
): PageRequest<string> {
  const position = positionOf(query, 'string');
  if (position !== null && !isPosition(position)) throw badCursor();
  return { limit: query.limit ?? limitDefault, after: position };
}

/** For lists that are sorted by a number. @throws ProblemError when the cursor is none of ours */
export function pageByNumber(query: PageParameters): PageRequest<number> {
  const position = positionOf(query, 'number');
  if (position !== null && !Number.isSafeInteger(position)) throw badCursor();
  return { limit: query.limit ?? limitDefault, after: position };
}

export function pageAnswer<Item, Shown>(page: Page<Item, string | number>, show: (item: Item) => Shown) {
  return { data: page.items.map(show), nextCursor: page.next === null ? null : encodeCursor([page.next]) };
}

function positionOf(query: PageParameters, kind: 'string'): string | null;
function positionOf(query: PageParameters, kind: 'number'): number | null;
function positionOf({ cursor }: PageParameters, kind: 'string' | 'number'): string | number | null {
  if (cursor === undefined) return null;
  const [position] = decodeCursor(cursor, [kind]) ?? [];
  if (position === undefined) throw badCursor();
  return position;
}

function isStorable(text: string): boolean {
  return text.length <= 300 && !/[\p{Cc}\p{Cs}]/u.test(text);
}

function badCursor() {
  return invalid([{ path: '/cursor', rule: 'cursor', message: 'This is no cursor of this list: use nextCursor.' }]);
}
