/**
 * In: a list that comes in pages. Out: all of it as lines of JSON (NDJSON). Holds: no more than a page waits: the next
 * one is asked for when the reader has taken this one; whoever leaves ends it; lines are made in short turns.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import type { Page, PageRequest } from '../../../libs/postgres/page.ts';

const pageItems = 500;
/** Of one piece of the answer. */
const pieceChars = 64 * 1_024;

export function exportStream<Item, Position>(
  list: (request: PageRequest<Position>) => Promise<Page<Item, Position>>,
  show: (item: Item) => object,
): Readable {
  // Pages are asked for when the reader is ready: then too within the bounds of its request.
  const ofRequest = AsyncLocalStorage.snapshot();
  async function* lines() {
    const turns = new TimeSlices();
    let after: Position | null = null;
    do {
      const page: Page<Item, Position> = await ofRequest(() => list({ limit: pageItems, after }));
      let piece = '';
      for (const item of page.items) {
        await turns.over();
        piece += `${JSON.stringify(show(item))}\n`;
        if (piece.length < pieceChars) continue;
        yield piece;
        piece = '';
      }
      if (piece !== '') yield piece;
      after = page.next;
    } while (after !== null);
  }
  // A connection that breaks while the database is asked is no fault of anybody here.
  return Readable.from(lines(), { objectMode: false, highWaterMark: 64 * 1024 }).on('error', () => undefined);
}
