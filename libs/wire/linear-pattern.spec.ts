import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LinearPattern, PatternError } from './linear-pattern.ts';

const texts = [
  '',
  'a',
  'ab',
  'abc',
  'aab',
  'xaby',
  'a-1',
  'A9_',
  '\n',
  'a\nb',
  'é',
  '😀',
  '\ud83d',
  'a😀b',
  ' a ',
  'aaaa',
  '0.5',
  ']',
  '\\',
];

test.each([
  '',
  '^$',
  '^a',
  'b$',
  'a|b|',
  '^(?:a|ab)(?:c|b)?$',
  '^(a+)+$',
  'a{2}',
  '^a{2,}$',
  '^a{0,3}b?$',
  '(?:){5}a{0}',
  '(a*)*b',
  '(a?|b*)+$',
  '\\bab\\b|\\B-',
  '^[^\\]a-c]*$',
  '[\\w\\-]+',
  '^.$',
  '^\\p{L}+$',
  '\\P{L}',
  '^\\u{1F600}|\\uD83D\\uDE00$',
  '^[\\u{1F600}é]',
  '\\u0061\\x62\\cJ?',
  '(?<name>a)(?:b)',
  '^\\s|\\S\\d$',
  '(?:^a|b)c?$',
  'a+?b??',
  '\\.|\\/|\\\\|\\]',
  '^\\0',
])('%j means what it means to RegExp', (pattern) => {
  const linear = new LinearPattern(pattern);
  const exact = new RegExp(pattern, 'u');
  for (const text of texts) expect([text, linear.test(text)]).toEqual([text, exact.test(text)]);
});

test('made-up patterns mean what they mean to RegExp', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '-', 'é', '😀', '^', '$', '\\b', '(?:)');
  const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?');
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.tuple(atom, quantifier).map(([one, times]) => (/^(\^|\$|\\b)$/.test(one) ? one : one + times)),
      fc.tuple(tie('pattern'), quantifier).map(([inside, times]) => `(${inside})${times}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
    ),
    pattern: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-', '\n', 'é', '😀', '\ud83d'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, fc.array(text, { maxLength: 5 }), (source, samples) => {
      const linear = new LinearPattern(source);
      for (const sample of samples) expect(linear.test(sample)).toBe(new RegExp(source, 'u').test(sample));
    }),
    { numRuns: 500 },
  );
});

describe('a pattern is refused with the reason', () => {
  test.each([
    ['a(?=b)', 'looks ahead or behind'],
    ['(?!b)', 'looks ahead or behind'],
    ['(?<=a)b', 'looks ahead or behind'],
    ['(?<!a)b', 'looks ahead or behind'],
    ['(a)\\1', 'refers back'],
    ['(?<n>a)\\k<n>', 'refers back'],
    ['(?i:a)', 'has flags inside'],
    ['a{1001}', 'more than 1000 states'],
    ['((a{1,30}){1,30}){1,30}', 'more than 1000 states'],
    [`${'('.repeat(150)}a${')'.repeat(150)}`, 'groups deeper than 100'],
  ])('%s', (pattern, reason) => {
    expect(() => new LinearPattern(pattern)).toThrow(PatternError);
    expect(() => new LinearPattern(pattern)).toThrow(reason);
  });

  test('of RegExp, where it is none', () => {
    expect(() => new LinearPattern('a{2')).toThrow(SyntaxError);
  });
});

test('repetitions of nothing take no time to compile', () => {
  expect(new LinearPattern('^(?:(?:(?:){999999999}){999999999}){999999999}$').test('')).toBe(true);
});

test('tells of its work in proportion to the text, and can be ended by whoever is told', () => {
  const workOn = (length: number) => {
    let states = 0;
    const pattern = new LinearPattern('^([a-zA-Z0-9]+\\.?)+@x$', (looked) => {
      states += looked;
    });
    expect(pattern.test('a'.repeat(length))).toBe(false);
    return states;
  };
  expect(workOn(28)).toBeLessThan(500);
  expect(workOn(80_000) / workOn(10_000)).toBeCloseTo(8, 1);
  const ended = new LinearPattern('(a|b)*c', () => {
    throw new Error('enough');
  });
  expect(() => ended.test('a'.repeat(10_000))).toThrow('enough');
});
