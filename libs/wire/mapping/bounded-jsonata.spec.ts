import { describe, expect, test } from '@jest/globals';
import jsonata from 'jsonata';
import { BoundedJsonata } from './bounded-jsonata.ts';
import { jsonataWorkMax } from './jsonata-work.ts';
import type { MappingInput } from './mapping-input.ts';

function inputOf(value: unknown): MappingInput {
  const record = { topic: 't', partition: 0, offset: 1, timestampMs: 2, key: null, value: null, headers: {} };
  return { record, text: '', value, row: undefined, valuePath: [], rowPath: [], key: { ok: false, gap: '' } };
}

const find = async (text: string, value: unknown = {}, workMax?: number) => {
  const found = await new BoundedJsonata(text, workMax).evaluate(inputOf(value));
  return found.ok ? found.value : found.gap;
};

test.each(['$now()', '$millis()', '$random()', '$shuffle([1])', '$eval(value.code)', '($f := $eval; $f("1"))'])(
  '%s is not taken: the result must follow from the record alone',
  (text) => {
    expect(() => new BoundedJsonata(text)).toThrow('which is not taken');
  },
);

test.each(['$contains(value.a, /(a+)+$/)', '$replace(value.a, /x/i, "y")', '{"a": $match(value, /./)}'])(
  '%s is not taken: a text may be made that it takes for ever on',
  (text) => {
    expect(() => new BoundedJsonata(text)).toThrow('regular expression');
  },
);

test.each(['$startsWith(value.a, "x")', '$map(value, $upper)', '($a := 1; $b)'])(
  '%s is told at once: there is no such function or variable',
  (text) => {
    expect(() => new BoundedJsonata(text)).toThrow('which neither JSONata nor the expression has');
  },
);

test('names that an expression makes itself are known', async () => {
  const text =
    '($f := function($n) { $n * 2 }; $sum(value.items#$i.($f($) + $i)) + $count($$.value.items@$x.{"x": $x}))';
  expect(await find(text, { items: [1, 2] })).toBe(9);
});

test.each<[string, string]>([
  ['recursion without an end', '($f := function($n) { $f($n + 1) + 1 }; $f(0))'],
  ['a loop without an end', '($f := function($n) { $f($n + 1) }; $f(0))'],
  ['a range that data asks for', '[1..value.n]'],
  ['each with each', '$count($map(value.items, function($a) { $map(value.items, function($b) { $a & $b }) }))'],
])('%s ends in bounded steps', async (_name, text) => {
  const value = { n: 9_000_000, items: Array.from({ length: 2_000 }, (_, n) => `i${n}`) };
  expect(await find(text, value)).toMatch(/^the JSONata (takes more than|fails)/);
  // Counted anew for each record.
  expect(await find('value.n', value)).toBe(9_000_000);
});

describe('what functions do natively is counted by its size', () => {
  const text = 'a'.repeat(500_000);
  const value = {
    text,
    needle: `b${'a'.repeat(250_000)}`,
    list: [Array.from({ length: 50_000 }, (_, n) => ({ n, text: `t${n}` }))],
    digits: '7'.repeat(10_000),
  };

  test.each<[string, string]>([
    ['a text written again and again', '$map([1..4000], function($i) { $length($uppercase(value.text)) })'],
    ['a list written as text', '$map([1..4000], function($i) { $length($string(value.list)) })'],
    ['a function that is given to another', '$map($split($pad("x", 900, "x"), ""), $contains(?, value.text))'],
    ['a text looked for that is nowhere', '$contains(value.text, value.needle)'],
    ['each character replaced by a text', '$length($replace(value.text, "a", value.text))'],
    ['a text between all items', '$length($join($split(value.text, ""), value.text))'],
    [
      'a text that doubles',
      '($f := function($t, $n) { $n = 0 ? $t : $f($t & $t, $n - 1) }; $length($f(value.text, 40)))',
    ],
    ['lists compared as deep as they are', '$count($map([1..4000], function($i) { $$.value.list = $$.value.list }))'],
    ['a name looked for in a list of lists', '$count($map([1..4000], function($i) { $count($$.value.list.none) }))'],
    ['a time in a text without an end', '$toMillis(value.digits, "[Y][M][D][H]")'],
    ['copies', '$map([1..4000], function($i) { $$.value ~> |$|{"x": 1}| })'],
  ])('%s', async (_what, expression) => {
    // A tenth of what it may: all of it takes seconds.
    expect(await find(expression, value, jsonataWorkMax / 10)).toMatch(
      /^the JSONata (goes through|takes) more than|^the JSONata fails/,
    );
    // Counted anew for each record.
    expect(String(await find(expression, {}))).not.toMatch(/goes through/);
  });

  test.each<[string, unknown]>([
    ['$length($uppercase(value.text) & $lowercase(value.text))', 1_000_000],
    ['$count($split(value.text, ""))', 500_000],
    ['$substringBefore(value.digits, "8") = value.digits', true],
    ['$count(value.list[0])', 50_000],
    ['$map(["a", "b"], $uppercase)', ['A', 'B']],
    ['$map(["ab", "b"], $contains(?, "a"))', [true, false]],
    ['["a", "b"] ~> $join("-")', 'a-b'],
    ['"a b" ~> $split(" ") ~> $map($uppercase) ~> $join("+")', 'A+B'],
    ['$reduce([1, 2, 3], function($a, $b) { $a + $b })', 6],
    ['value.digits.$substring(9998)', '77'],
    ['$merge([{"a": 1}, {"b": $count(value.list)}])', { a: 1, b: 1 }],
  ])('as much as a record has is no matter: %s', async (expression, expected) => {
    expect(JSON.stringify(await find(expression, value))).toBe(JSON.stringify(expected));
  });
});

test('a text is no longer than is taken, and what is distinct is found in one pass', async () => {
  expect(await find('$pad("x", value.n)', { n: 1e9 })).toHaveLength(1_000);
  expect(await find('$pad("7", -3, "0")')).toBe('007');
  const items = Array.from({ length: 50_000 }, (_, n) => `i${n % 25_000}`);
  expect(await find('$count($distinct(value.items))', { items })).toBe(25_000);
  expect(await find('$distinct(value)', [3, 1, 3])).toEqual([3, 1]);
});

test('a list that a producer wrote is sorted in the room that it takes', async () => {
  const items = Array.from({ length: 100_000 }, (_, n) => (n * 7_919) % 100_003);
  expect(await find('$count($sort(value.items))', { items })).toBe(100_000);
  expect(await find('$sort(value.items, function($a, $b) { $a < $b })', { items })).toMatch(/takes more than/);
  expect(await find('$sort(value.items, $append)', { items })).toMatch(/takes more than/);
});

const marked = ['a', 'b', 'c', 'd', 'e'].map((mark, at) => ({ mark, n: [2, 3, 1, 2, 3][at] }));

test.each<[string, string, unknown]>([
  ['numbers', '$sort(value)', [10, 9, 1, -1, 9.5]],
  ['texts', '$sort(value)', ['b', 'a', 'B', 'ä', '']],
  ['those that are alike, in their order', '$sort(value, function($a, $b) { $a.n > $b.n }).mark', marked],
  ['the largest first', 'value ~> $sort(function($a, $b) { $a.n < $b.n })', marked],
  ['one value', '$sort(value)', 'a'],
  ['nothing', '$exists($sort(value.none))', {}],
])('$sort sorts as the library does: %s', async (_name, text, value) => {
  const expected: unknown = await jsonata(text).evaluate({ value });
  expect(JSON.stringify(await find(text, value))).toBe(JSON.stringify(expected));
});

test('what has no order is not sorted', async () => {
  expect(await find('$sort(value)', ['a', 1])).toBe(
    'the JSONata fails (D3070: what is sorted is neither numbers nor texts)',
  );
});

test('an error names no value of the payload', async () => {
  expect(await find('$number(value.secret)', { secret: 'hunter2' })).toBe(
    'the JSONata fails (D3030: a text that is no number)',
  );
  expect(await find('$error(value.secret)', { secret: 'hunter2' })).toBe(
    'the JSONata fails (D3137: $error was called)',
  );
});
