import { expect, test } from '@jest/globals';
import { isAllowedCode, isSuccessCode, listOf, noAnswerCodes, twiceNamed } from './answer-codes.ts';

const codes = { successCodes: ['302'], retryOn: ['4xx', '501'], failOn: ['404', '3xx', '5xx'] };

test.each([
  [302, 'successCodes'],
  [301, 'failOn'],
  [404, 'failOn'],
  [409, 'retryOn'],
  [410, null],
  [501, 'retryOn'],
  [502, 'failOn'],
  [200, null],
  [600, null],
])('a code that is named comes before its class: %i is in %s', (code, list) => {
  expect(listOf(code, codes)).toBe(list);
});

test('without lists a 2xx is a success and nothing else', () => {
  expect([200, 299, 302, 404].filter((code) => isSuccessCode(code, noAnswerCodes))).toEqual([200, 299]);
  expect([200, 301, 302, 303].filter((code) => isSuccessCode(code, codes))).toEqual([200, 302]);
});

test('what is in two lists is found, and twice in one list is once', () => {
  const twice = { successCodes: [302, '4xx'], retryOn: [404, '4xx'], failOn: [500, 302, 500] } as const;
  expect(twiceNamed(twice)).toEqual([
    { entry: '4xx', first: 'successCodes', second: 'retryOn', index: 1 },
    { entry: 302, first: 'successCodes', second: 'failOn', index: 1 },
  ]);
  expect(twiceNamed({ successCodes: [404], retryOn: ['4xx'], failOn: [] })).toEqual([]);
});

test.each([
  [302, ['3xx'], true],
  [302, ['302'], true],
  [303, ['302'], false],
  ['3xx', ['3xx'], true],
  ['3xx', ['302'], false],
  [404, [], false],
] as const)('%j is allowed by %j: %j', (entry, allowed, is) => {
  expect(isAllowedCode(entry, allowed)).toBe(is);
});
