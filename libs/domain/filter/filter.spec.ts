import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventBudget, FilterBudget } from './filter-budget.ts';
import { filterLimits, parseFilter, type FilterEvent } from './filter.ts';
import { parseLossless } from '../payload/lossless-json.ts';

const event: FilterEvent = {
  id: 'evt-1',
  type: 'order.created',
  source: '/shop/eu',
  subject: null,
  time: '2026-03-01T12:00:00.000Z',
  data: {
    amount: 120.5,
    currency: 'EUR',
    paid: true,
    note: null,
    customer: { id: 'c-7', tags: ['vip', 'b2b'] },
    items: [
      { sku: 'A-1', price: 20, sizes: [1, 2] },
      { sku: 'B-2', price: 100, sizes: [] },
    ],
    '': 'empty name',
    ['__proto__x']: 1,
  },
};

function matches(filter: unknown, of: FilterEvent = event): boolean {
  const parsed = parseFilter(filter);
  if (!parsed.ok) throw new Error(`${parsed.path}: ${parsed.message}`);
  return parsed.matches(of);
}

describe('#52 numbers that a double does not hold', () => {
  const holds = (filter: string, data: string) =>
    matches(parseLossless(filter), { ...event, data: parseLossless(data) });
  const odd = '9007199254740993';

  test.each<[string, string, boolean]>([
    [odd, odd, true],
    [odd, '9007199254740992', false],
    ['9007199254740992', odd, false],
    ['9007199254740992', '9007199254740992', true],
    [odd, `[1,${odd}]`, true],
    [odd, `"${odd}"`, false],
    [`"${odd}"`, odd, false],
    [`{"$ne":${odd}}`, '9007199254740992', true],
    [`{"$in":[1,${odd}]}`, odd, true],
    [`{"$in":[1,${odd}]}`, '9007199254740992', false],
    [`{"$nin":[${odd}]}`, odd, false],
    [`{"$gt":${odd}}`, '9007199254740994', true],
    [`{"$gt":${odd}}`, odd, false],
    [`{"$gte":${odd}}`, odd, true],
    [`{"$gt":9007199254740992}`, odd, true],
    [`{"$lt":9007199254740992}`, odd, false],
    [`{"$lt":18446744073709551615}`, '18446744073709551614', true],
    [`{"$lte":-18446744073709551615}`, '-18446744073709551616', true],
    [`{"$gt":5}`, '12345678901234567890', true],
    [`{"$gt":"5"}`, '12345678901234567890', false],
    ['0.12345678901234567890', '0.1234567890123456789', true],
    ['1e400', '10e399', true],
    ['{"$gt":1e400}', '1e401', true],
    ['{"$exists":true}', odd, true],
    ['{"rawJSON":{"$exists":true}}', odd, false],
  ])('%s of %s: %j', (condition, data, expected) => {
    expect(holds(`{"data":${condition.startsWith('{') ? condition : `{"$eq":${condition}}`}}`, data)).toBe(expected);
  });

  test('are compared up to 100 characters', () => {
    const long = '1'.repeat(101);
    expect(holds(`{"data":{"$gt":1}}`, long)).toBe(false);
    expect(parseFilter(parseLossless(`{"data":${long}}`))).toMatchObject({ ok: false, path: '/data' });
  });

  test('cost as much as ten other values', () => {
    const list = `[${Array.from({ length: 3_000 }, () => odd).join(',')}]`;
    expect(holds(`{"data":${odd}}`, `[${odd},1]`)).toBe(true);
    expect(holds(`{"data":{"$ne":1}}`, list)).toBe(false);
  });
});

describe('a filter holds', () => {
  test.each<[string, unknown, boolean]>([
    ['always when it is empty', {}, true],
    ['for an equal string', { 'data.currency': 'EUR' }, true],
    ['not for another string', { 'data.currency': 'USD' }, false],
    ['for a number and never for its text', { 'data.amount': '120.5' }, false],
    [
      'for fields of the event itself',
      { id: 'evt-1', type: { $prefix: 'order.' }, source: { $in: ['/shop/eu'] } },
      true,
    ],
    ['for null where null is', { subject: null }, true],
    ['not for null where nothing is', { 'data.missing': null }, false],
    ['for $ne of a missing field', { 'data.missing': { $ne: 1 } }, true],
    ['not for $ne of the same value', { 'data.paid': { $ne: true } }, false],
    ['for $in', { 'data.currency': { $in: ['USD', 'EUR'] } }, true],
    ['for $nin of a missing field', { 'data.missing': { $nin: [1] } }, true],
    ['not for $nin of a listed value', { 'data.currency': { $nin: ['EUR'] } }, false],
    ['for a range', { 'data.amount': { $gt: 120, $lte: 120.5 } }, true],
    ['not outside a range', { 'data.amount': { $gt: 120.5 } }, false],
    ['for $gte and $lt', { 'data.amount': { $gte: 120.5, $lt: 121 } }, true],
    ['never for a comparison of a string with a number', { 'data.currency': { $gt: 0 } }, false],
    ['for times compared as text', { time: { $gte: '2026-03-01', $lt: '2026-03-02' } }, true],
    ['for $exists', { 'data.note': { $exists: true }, 'data.other': { $exists: false } }, true],
    ['not for $exists of what is there', { 'data.note': { $exists: false } }, false],
    ['never for $prefix of a number', { 'data.amount': { $prefix: '12' } }, false],
    ['for nested objects as for dots', { data: { customer: { id: 'c-7' }, 'items.sku': 'B-2' } }, true],
    ['for any item of a list', { 'data.customer.tags': 'vip' }, true],
    ['for any item on the way', { 'data.items.price': { $gte: 100 } }, true],
    ['for the item at an index', { 'data.items.0.sku': 'A-1' }, true],
    ['not for another index', { 'data.items.1.sku': 'A-1' }, false],
    ['not beyond a list', { 'data.items.2.sku': { $exists: true } }, false],
    ['for $ne only when no item is equal', { 'data.items.sku': { $ne: 'A-1' } }, false],
    ['for lists in lists', { 'data.items.sizes': 2 }, true],
    ['for an empty list that exists', { 'data.items.1.sizes': { $exists: true } }, true],
    ['for $and', { $and: [{ id: 'evt-1' }, { 'data.paid': true }] }, true],
    ['not for $and with one that fails', { $and: [{ id: 'evt-1' }, { 'data.paid': false }] }, false],
    ['for $or', { $or: [{ id: 'other' }, { 'data.paid': true }] }, true],
    ['not for $or of none', { $or: [{ id: 'other' }, { 'data.paid': false }] }, false],
    ['for $not', { $not: { id: 'other' } }, true],
    ['for $not of a field', { 'data.amount': { $not: { $gt: 200 } } }, true],
    ['for $or of a field', { 'data.amount': { $or: [{ $lt: 1 }, { $gt: 100 }] } }, true],
    ['for $or of fields below a field', { data: { $or: [{ amount: 1 }, { currency: 'EUR' }] } }, true],
    ['for $and of a field', { 'data.amount': { $and: [{ $gt: 1 }, { $lt: 100 }] } }, false],
    ['not for what every object inherits', { 'data.constructor': { $exists: true } }, false],
    ['not for __proto__', { 'data.__proto__.toString': { $exists: true } }, false],
    ['not below a string', { 'data.currency.length': 3 }, false],
  ])('%s', (_name, filter, expected) => {
    expect(matches(filter)).toBe(expected);
  });

  test('for a list or a scalar as data', () => {
    expect(matches({ data: 5 }, { ...event, data: 5 })).toBe(true);
    expect(matches({ 'data.a': 1 }, { ...event, data: [{ a: 2 }, { a: 1 }] })).toBe(true);
    expect(matches({ data: { $exists: true } }, { ...event, data: null })).toBe(true);
  });
});

describe('a filter is refused', () => {
  const deep = (levels: number): unknown => (levels === 0 ? {} : { $not: deep(levels - 1) });
  test.each<[string, unknown, string]>([
    ['when it is no object', [], ''],
    ['when it is null', null, ''],
    ['when it is text', '{}', ''],
    ['for a field that events do not have', { amount: 1 }, '/amount'],
    ['for an operator that there is not', { id: { $regex: '.*' } }, '/id/$regex'],
    ['for an operator without a field', { $gt: 1 }, '/$gt'],
    ['for operators beside fields', { data: { $gt: 1, a: 1 } }, '/data/a'],
    ['for fields beside operators', { data: { a: 1, $gt: 1 } }, '/data/$gt'],
    ['for a list as a condition', { id: ['a'] }, '/id'],
    ['for an empty condition', { id: {} }, '/id'],
    ['for an empty $or', { $or: [] }, '/$or'],
    ['for $and that is no list', { $and: {} }, '/$and'],
    ['for $in that is no list', { id: { $in: 'a' } }, '/id/$in'],
    ['for an object in $in', { id: { $in: ['a', {}] } }, '/id/$in/1'],
    ['for an object in $eq', { id: { $eq: {} } }, '/id/$eq'],
    ['for $gt of a boolean', { id: { $gt: true } }, '/id/$gt'],
    ['for $prefix of a number', { id: { $prefix: 1 } }, '/id/$prefix'],
    ['for $exists of a text', { id: { $exists: 'yes' } }, '/id/$exists'],
    ['for an empty part of a path', { 'data..a': 1 }, '/data..a'],
    ['with the place inside lists', { $or: [{ id: 'a' }, { 'data.a': { $gt: null } }] }, '/$or/1/data.a/$gt'],
    ['with / and ~ escaped', { 'data.a/b~c': [] }, '/data.a~1b~0c'],
    ['for a number that is none', { 'data.a': Infinity }, '/data.a'],
    ['for a text that is too long', { id: 'x'.repeat(filterLimits.stringLengthMax + 1) }, '/id'],
    ['when it is nested too deep', deep(filterLimits.depthMax), '/$not'.repeat(filterLimits.depthMax)],
    ['for too many values', { id: { $in: Array.from({ length: filterLimits.conditionsMax + 1 }, String) } }, '/id/$in'],
    ['for too long a path', { ['data' + '.a'.repeat(filterLimits.pathSegmentsMax)]: 1 }, `/data${'.a'.repeat(20)}`],
  ])('%s', (_name, filter, path) => {
    expect(parseFilter(filter)).toEqual({ ok: false, path, message: expect.any(String) });
  });

  test('when it has too many conditions in all', () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`data.f${index}`, 1]));
    expect(parseFilter({ $or: [many, many] })).toMatchObject({ ok: false });
  });

  test('whatever it is, without throwing', () => {
    const key = fc.oneof(
      fc.constantFrom('$and', '$or', '$not', '$in', '$eq', '$gt', 'data', 'data.a', '__proto__'),
      fc.string(),
    );
    const hostile = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 12 },
        fc.jsonValue(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(hostile, fc.jsonValue(), (filter, data) => {
        const parsed = parseFilter(filter);
        if (parsed.ok) expect(typeof parsed.matches({ ...event, data })).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

test('an event that takes too long to look at does not match, negated or not', () => {
  const data = { list: Array.from({ length: filterLimits.visitsMax + 1 }, () => 0) };
  expect(matches({ 'data.list': 1 }, { ...event, data })).toBe(false);
  expect(matches({ 'data.list': { $ne: 1 } }, { ...event, data })).toBe(false);
});

describe('a budget of all filters of a client', () => {
  const data = { list: Array.from({ length: 5_000 }, (_, index) => index) };
  const whole = parseFilter({ 'data.list': -1 });
  const small = parseFilter({ 'data.list.7': 7 });

  test('ends where their work would grow with their number, the same way each time', () => {
    const judge = () => {
      const budget = new FilterBudget();
      const seen = { ...event, data };
      for (let count = 0; count < 1_000; count += 1) expect(whole.ok && whole.matches(seen, budget)).toBe(false);
      return budget.over;
    };
    // Each takes 5,003 visits, of which 200 are its own: 104 fit into 500,000.
    expect([judge(), judge()]).toEqual([896, 896]);
  });

  test('leaves the cheap ones what they need', () => {
    const budget = new FilterBudget();
    for (let count = 0; count < 1_000; count += 1) if (whole.ok) whole.matches({ ...event, data }, budget);
    const over = budget.over;
    expect(small.ok && small.matches({ ...event, data }, budget)).toBe(true);
    expect(budget.over).toBe(over);
  });

  describe('for an event that many clients get', () => {
    /** What each of so many clients took when all of them have so many filters, one client after the other or in turns. */
    function judge(count: number, filtersEach: number, inTurns: boolean) {
      const clients = Array.from({ length: count }, (_, n) => `c${n}`);
      const all = new EventBudget();
      const took = new Map<string, number>();
      const begin = all.left;
      const one = (client: string) => {
        const left = all.left;
        if (whole.ok) whole.matches({ ...event, data }, all.ofClient(client));
        took.set(client, (took.get(client) ?? 0) + left - all.left);
      };
      const filters = Array.from({ length: filtersEach }, (_, n) => n);
      if (inTurns) for (const _ of filters) for (const client of clients) one(client);
      else for (const client of clients) for (const _ of filters) one(client);
      return { took: [...took.values()], whole: begin - all.left, all };
    }

    test.each([
      ['one filter each', 1_000, 1, false],
      ['many filters each', 100, 120, false],
      ['many filters each, in turns', 100, 120, true],
    ])('is bounded for all of them together: %s', (_name, count, filtersEach, inTurns) => {
      const { took, whole: total, all } = judge(count, filtersEach, inTurns);
      // Without a bound for the event: so many times what one may take.
      expect(total).toBeLessThanOrEqual(5_000_000);
      expect(total).toBeGreaterThan(4_500_000);
      expect(Math.max(...took)).toBeLessThanOrEqual(500_000);
      const budget = all.ofClient('the last one');
      expect(small.ok && small.matches({ ...event, data }, budget)).toBe(true);
      expect(budget.over).toBe(0);
    });

    test('leaves something to those that come after many costly ones', () => {
      const all = new EventBudget();
      for (let n = 0; n < 12; n += 1) {
        for (let times = 0; times < 120; times += 1) {
          if (whole.ok) whole.matches({ ...event, data }, all.ofClient(`costly-${n}`));
        }
      }
      const budget = all.ofClient('another');
      for (let times = 0; times < 10; times += 1) if (whole.ok) whole.matches({ ...event, data }, budget);
      expect(budget.over).toBe(0);
    });
  });

  test('counts a filter that is too long by itself as one that was not judged', () => {
    const budget = new FilterBudget();
    const long = { list: Array.from({ length: filterLimits.visitsMax }, () => 0) };
    expect(whole.ok && whole.matches({ ...event, data: long }, budget)).toBe(false);
    expect(budget.over).toBe(1);
  });
});

describe('an explanation', () => {
  const explain = (filter: unknown, data: unknown) => {
    const parsed = parseFilter(filter);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.explain({ id: 'e', type: 'order.paid', source: null, subject: null, time: '', data });
  };

  test('tells of each condition where it is, what was expected and found, and whether it holds', () => {
    const filter = {
      type: 'order.paid',
      'data.amount': { $gte: 100, $not: { $gt: 1000 } },
      $or: [{ 'data.tags': { $in: ['vip', 'new'] } }, { data: { customer: { 'e/mail': { $exists: false } } } }],
      $not: { 'data.gone': { $ne: 1 } },
    };
    expect(explain(filter, { amount: '150', tags: ['old', 'vip'], customer: { 'e/mail': null } })).toEqual([
      { pointer: '/type', field: 'type', operator: '$eq', expected: 'order.paid', found: ['order.paid'], holds: true },
      {
        pointer: '/data.amount/$gte',
        field: 'data.amount',
        operator: '$gte',
        expected: 100,
        found: ['150'],
        holds: false,
      },
      {
        pointer: '/data.amount/$not/$gt',
        field: 'data.amount',
        operator: '$gt',
        expected: 1000,
        found: ['150'],
        holds: false,
      },
      {
        pointer: '/$or/0/data.tags/$in',
        field: 'data.tags',
        operator: '$in',
        expected: ['vip', 'new'],
        found: ['old', 'vip'],
        holds: true,
      },
      {
        pointer: '/$or/1/data/customer/e~1mail/$exists',
        field: 'data.customer.e/mail',
        operator: '$exists',
        expected: false,
        found: [null],
        holds: false,
      },
      { pointer: '/$not/data.gone/$ne', field: 'data.gone', operator: '$ne', expected: 1, found: [], holds: true },
    ]);
  });

  test('shows five values at most, and none at length', () => {
    const [condition] = explain({ 'data.list': 1 }, { list: [{ a: 1 }, [], 'x'.repeat(300), 1, 2, 3, 4] });
    expect(condition?.found).toEqual([{}, [], `${'x'.repeat(200)}…`, 1, 2]);
    expect(condition?.holds).toBe(true);
    expect(explain({}, {})).toEqual([]);
  });

  test('of the costliest filter over the largest event comes to an end', () => {
    const list = Array.from({ length: 30_000 }, (_, index) => index);
    const filter = { $and: Array.from({ length: 90 }, () => ({ 'data.list': 29_999 })) };
    const conditions = explain(filter, { list });
    expect(conditions).toHaveLength(90);
    expect([conditions[0]?.holds, conditions[89]?.holds]).toEqual([true, false]);
  });
});
