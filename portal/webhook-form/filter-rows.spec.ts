/** Rows and the JSON beside them are one filter, whichever way somebody goes. */
import { expect, test } from '@jest/globals';
import { parseFilter, type FilterEvent } from '../../libs/domain/filter/filter.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import { comparisons, filterText, groupsOf, type FilterGroup } from './filter-rows.ts';
import { itemsOf, itemText, scalarOf, scalarText, textOf, textText } from './filter-value.ts';

/** Numbers from 0 up to but not with `below`, the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const next = numbers(18);
const oneOf = <T>(list: readonly T[]): T => list[next(list.length)] as T;

const fields = ['data.amount', 'data.currency', 'data.items.sku', 'data', 'subject', 'type', 'data.__proto__'];
const scalars = [
  0,
  -1.5,
  100,
  1e21,
  true,
  false,
  null,
  'EUR',
  '100',
  'true',
  '',
  ' a ',
  'a, b',
  '"',
  '\u202e',
  'x\ny',
  '-',
];
const texts = ['', 'EU', '12', '"quoted"', ' a'];

function condition(): unknown {
  const operator = oneOf([...comparisons, '$exists', 'plain']);
  if (operator === 'plain') return oneOf(scalars);
  if (operator === '$exists') return { $exists: next(2) === 0 };
  if (operator === '$prefix') return { $prefix: oneOf(texts) };
  if (operator === '$in' || operator === '$nin') return { [operator]: [oneOf(scalars), oneOf(scalars)] };
  const isOrder = operator !== '$eq' && operator !== '$ne';
  return { [operator]: isOrder ? oneOf([3, 'EUR', 1e21]) : oneOf(scalars) };
}

const row = () => ({ [oneOf(fields)]: condition() });
const rows = () => Array.from({ length: 1 + next(3) }, row);

function filter(): unknown {
  const parts = rows();
  const more = oneOf([[], [{ $or: rows() }], [{ $not: row() }], [{ $not: { $or: rows() } }, { $or: rows() }]]);
  return oneOf([{ $and: [...parts, ...more] }, Object.assign({}, ...parts, ...more)]) as unknown;
}

function event(): FilterEvent {
  const value = () => oneOf<unknown>([...scalars, [1, 'EUR'], undefined]);
  return {
    id: 'e-1',
    type: oneOf(['order.created', 'EUR']),
    source: null,
    subject: oneOf(['EUR', '12', null]),
    time: '2026-03-14T09:26:53.589Z',
    data: { amount: value(), currency: value(), items: [{ sku: value() }, { sku: value() }] },
  };
}

function matcher(text: string) {
  const parsed = parseFilter(parseLossless(text === '' ? '{}' : text));
  if (!parsed.ok) throw new Error(`${parsed.path} ${parsed.message}: ${text}`);
  return (one: FilterEvent) => parsed.matches(one);
}

test('a filter that went through rows says of every event what it said before', () => {
  const differing: unknown[] = [];
  for (let count = 0; count < 1_000; count += 1) {
    const before = JSON.stringify(filter());
    const groups = groupsOf(parseLossless(before));
    if (groups === null) throw new Error(`rows cannot say ${before}`);
    const after = filterText(groups);
    const [was, is] = [matcher(before), matcher(after)];
    for (let look = 0; look < 8; look += 1) {
      const one = event();
      if (is(one) !== was(one)) differing.push([before, after, one]);
    }
    // What was made of rows stays as it is.
    if (filterText(groupsOf(parseLossless(after === '' ? '{}' : after)) ?? []) !== after)
      differing.push([before, after]);
  }
  expect(differing).toEqual([]);
});

test.each([
  [
    '{"data": {"amount": {"$gte": 1, "$lt": 5}}}',
    [
      ['data.amount', '$gte', '1'],
      ['data.amount', '$lt', '5'],
    ],
  ],
  ['{"data.id": 12345678901234567890}', [['data.id', '$eq', '12345678901234567890']]],
  ['{"type": {"$exists": false}}', [['type', 'missing', '']]],
  ['{"type": {"$in": ["a, b", "c", 1, "1"]}}', [['type', '$in', '"a, b", c, 1, "1"']]],
])('%s is rows', (text, expected) => {
  const groups = groupsOf(parseLossless(text));
  expect(groups?.map(({ mode }) => mode)).toEqual(['all']);
  expect(groups?.[0]?.rows.map(({ field, operator, value }) => [field, operator, value])).toEqual(expected);
  expect(JSON.parse(filterText(groups ?? []))).toEqual(
    JSON.parse(text.replace('{"data": {"amount": {"$gte": 1, "$lt": 5}}}', '{"data.amount": {"$gte": 1, "$lt": 5}}')),
  );
});

test('a number that no double holds goes through rows as it was written', () => {
  const text = '{\n  "data.id": 12345678901234567890\n}';
  expect(filterText(groupsOf(parseLossless(text)) ?? [])).toBe(text);
});

test.each([
  '{"$or": [{"type": "a", "subject": "b"}]}',
  '{"$not": {"type": "a", "subject": "b"}}',
  '{"data.amount": {"$not": {"$gt": 1}}}',
  '{"data.amount": {"$or": [1, 2]}}',
  '{"$or": [{"$not": {"type": "a"}}]}',
])('%s says more than rows can', (text) => {
  expect(parseFilter(JSON.parse(text)).ok).toBe(true);
  expect(groupsOf(JSON.parse(text))).toBeNull();
});

test('rows that are not finished say nothing', () => {
  const groups: readonly FilterGroup[] = [
    {
      mode: 'all',
      rows: [
        { field: '', operator: '$eq', value: '1' },
        { field: 'type', operator: '$eq', value: '' },
      ],
    },
    { mode: 'any', rows: [] },
  ];
  expect(filterText(groups)).toBe('');
});

test('each value is read as what it is shown as', () => {
  for (const value of scalars) {
    expect(scalarOf(scalarText(value))).toEqual(value);
    expect(itemsOf([value, value].map(itemText).join(', '))).toEqual([value, value]);
  }
  for (const text of texts) expect(textOf(textText(text))).toBe(text);
  expect(itemsOf('a,, "b" , "c"d')).toEqual(['a', 'b', '"c"d']);
});
