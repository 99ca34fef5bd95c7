import { describe, expect, test } from '@jest/globals';
import { problemCodes, type ProblemCode } from '../../../libs/api-contract/problem-codes.ts';
import { problemDocument } from '../../../libs/api-contract/problem.ts';
import { isProblemCode, pageForms, problemIndex, problemPage } from './problem-pages.ts';

const codes = Object.keys(problemCodes) as ProblemCode[];

describe.each(codes)('%s', (code) => {
  test('is what its type leads to, in every form, with what to do', () => {
    const { type } = problemDocument(code, 'x', { requestId: 'r' });
    const [, name = ''] = /^\/problems\/(\w+)$/.exec(type) ?? [];
    expect(isProblemCode(name)).toBe(true);
    for (const form of pageForms) {
      const page = problemPage(name as ProblemCode, form);
      expect(page).toContain(problemCodes[code].title);
      expect(page).toContain(form === 'application/json' ? '"remedy":' : 'What to do');
      // Nothing of the Markdown of the contract is left in a page for people.
      if (form === 'text/html') expect(page).not.toContain('`');
    }
  });
});

test('the index names every code, in every form', () => {
  for (const form of pageForms) for (const code of codes) expect(problemIndex(form)).toContain(code);
});

test.each(['', 'nothing', 'constructor', '__proto__', 'not_found ', 'NOT_FOUND'])('%j is no code', (code) => {
  expect(isProblemCode(code)).toBe(false);
});
