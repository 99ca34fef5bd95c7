import { expect, test } from '@jest/globals';
import { acceptedForm } from './accepted-form.ts';

test.each<[string | undefined, string | null]>([
  [undefined, 'text/html'],
  ['', 'text/html'],
  ['*/*', 'text/html'],
  ['nonsense', 'text/html'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ['application/json', 'application/json'],
  ['Application/JSON; charset=utf-8', 'application/json'],
  ['application/*', 'application/json'],
  ['text/html;q=0.5, application/json', 'application/json'],
  ['text/html;q=0, */*', 'application/json'],
  ['text/html;q=x', 'text/html'],
  ['image/png', null],
  ['application/json;q=0', null],
  [`${'image/png,'.repeat(60)}application/json`, null],
])('%s: %s', (accept, form) => {
  expect(acceptedForm(accept, ['text/html', 'application/json'])).toBe(form);
});
