import { describe, expect, test } from '@jest/globals';
import { Conditions } from './conditions.ts';
import { isBeforeAll, pageFrom, pageLookedAt, seek, type PageRequest } from './page.ts';

const all = [9, 8, 7, 6, 5, 4, 3, 2, 1];

/** As the database would find it: newest first, from the position on, in the direction asked for. */
function read(request: PageRequest<number>) {
  const { limit, after, before = null } = request;
  const found =
    before === null ? all.filter((id) => after === null || id < after) : all.filter((id) => id > before).reverse();
  return pageFrom(found.slice(0, limit + 1), request, (id) => id);
}

describe('a page', () => {
  test.each<[string, PageRequest<number>, readonly number[], number | null, number | null]>([
    ['the first', { limit: 4, after: null }, [9, 8, 7, 6], 6, null],
    ['the one after', { limit: 4, after: 6 }, [5, 4, 3, 2], 2, 5],
    ['the last', { limit: 4, after: 2 }, [1], null, 1],
    ['one that ends the list exactly', { limit: 4, after: 5 }, [4, 3, 2, 1], null, 4],
    ['the one before', { limit: 4, after: null, before: 1 }, [5, 4, 3, 2], 2, 5],
    ['the first, from behind', { limit: 4, after: null, before: 5 }, [9, 8, 7, 6], 6, null],
    ['the first, short', { limit: 4, after: null, before: 7 }, [9, 8], 8, null],
    ['before the first', { limit: 4, after: null, before: 9 }, [], null, null],
    ['all', { limit: 9, after: null }, all, null, null],
  ])('%s', (_, request, items, next, previous) => {
    expect(read(request)).toEqual({ items, next, previous });
  });

  test('#73 walked to its end and back is the same list', () => {
    const there: number[][] = [];
    let request: PageRequest<number> = { limit: 2, after: null };
    for (;;) {
      const page = read(request);
      there.push([...page.items]);
      if (page.next === null) break;
      request = { limit: 2, after: page.next };
    }
    const back = [there.at(-1)];
    let { previous } = read(request);
    while (previous !== null) {
      const page: ReturnType<typeof read> = read({ limit: 2, after: null, before: previous });
      back.unshift([...page.items]);
      ({ previous } = page);
    }
    expect(back).toEqual(there);
  });
});

describe('a page of a scan with a bound', () => {
  /** Of the same list, from the position on: looks at so many, and wants those below 5. */
  function looked(request: PageRequest<number>, lookedMax: number) {
    const { after, before = null } = request;
    const from =
      before === null ? all.filter((id) => after === null || id < after) : all.filter((id) => id > before).reverse();
    const rows = from
      .slice(0, lookedMax)
      .map((item, index) => ({ item, isWanted: item < 5, isLast: index + 1 === lookedMax }));
    const found = rows.filter(({ isWanted, isLast }) => isWanted || isLast);
    return pageLookedAt(found, request, (id) => id);
  }

  test('goes on, also when it found nothing', () => {
    const request = { limit: 3, after: null, before: 4 };
    expect(looked(request, 2)).toEqual({ items: [], next: 6, previous: 6, searchedTo: 6 });
    expect(isBeforeAll(looked(request, 2), request)).toBe(false);
  });

  test('that begins the list is none when nothing before was wanted', () => {
    const request = { limit: 3, after: null, before: 6 };
    expect(looked(request, 5)).toEqual({ items: [], next: null, previous: null });
    expect(isBeforeAll(looked(request, 5), request)).toBe(true);
    expect(isBeforeAll(looked({ limit: 3, after: null, before: 2 }, 9), request)).toBe(false);
    expect(isBeforeAll({ items: [], next: null, previous: null }, { limit: 3, after: null })).toBe(false);
  });
});

test.each<[string, 'asc' | 'desc', PageRequest<string>, string]>([
  ['forwards', 'desc', { limit: 10, after: 'x' }, 'where id < $1 order by id desc limit 11'],
  ['forwards', 'asc', { limit: 10, after: 'x' }, 'where id > $1 order by id asc limit 11'],
  ['backwards', 'desc', { limit: 10, after: null, before: 'x' }, 'where id > $1 order by id asc limit 11'],
  ['from the start', 'desc', { limit: 10, after: null }, ' order by id desc limit 11'],
])('%s, a list that is sorted %s asks for %j', (_, direction, request, sql) => {
  const conditions = new Conditions();
  const tail = seek(conditions, 'id', direction, request);
  expect(`${conditions.where} ${tail}`).toBe(sql);
});
