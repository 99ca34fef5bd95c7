/**
 * In: a list that comes in pages. Out: all of it as lines of JSON (NDJSON). Holds: no more than a page waits: the next
 * one is asked for when the reader has taken this one; whoever leaves ends it.
 */
import { Readable } from 'node:stream';
import type { Page, PageRequest } from '../../libs/postgres/page.ts';

const pageItems = 500;

export function exportStream<Item, Position>(
  list: (request: PageRequest<Position>) => Promise<Page<Item, Position>>,
  show: (item: Item) => object,
): Readable {
  async function* lines() {
    let after: Position | null = null;
    do {
      const page: Page<Item, Position> = await list({ limit: pageItems, after });
      if (page.items.length > 0) yield page.items.map((item) => `${JSON.stringify(show(item))}\n`).join('');
      after = page.next;
    } while (after !== null);
  }
  // A connection that breaks while the database is asked is no fault of anybody here.
  return Readable.from(lines(), { objectMode: false, highWaterMark: 64 * 1024 }).on('error', () => undefined);
}
