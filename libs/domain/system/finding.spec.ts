import { expect, test } from '@jest/globals';
import { exitStatusOf, inOrder, ok, reportLines, trouble, worstOf } from './finding.ts';

const fine = ok('kafka', '3 brokers answer');
const notice = trouble('egress', 'notice', 'http is allowed', 'leave it out in production');
const warning = trouble('lag', 'warning', 'fanout is 20000 records behind', 'start more of it');
const error = trouble('keys', 'error', 'key k0 is missing', 'bring it back');

test.each([
  ['nothing at all', [], 'ok', 0],
  ['what is well', [fine], 'ok', 0],
  ['a notice', [fine, notice], 'notice', 0],
  ['a warning', [warning, notice], 'warning', 1],
  ['an error among others', [warning, error, fine], 'error', 2],
])('%s', (_what, findings, worst, status) => {
  expect(worstOf(findings)).toBe(worst);
  expect(exitStatusOf(findings)).toBe(status);
});

test('a person reads the worst first, and what to do below it', () => {
  expect(reportLines([fine, warning, error])).toEqual([
    '✗ keys   key k0 is missing',
    '         → bring it back',
    '! lag    fanout is 20000 records behind',
    '         → start more of it',
    '✓ kafka  3 brokers answer',
    '',
    '1 error, 1 warning.',
  ]);
  expect(reportLines([fine]).at(-1)).toBe('Nothing is wrong.');
});

test('findings of an area stand together, causes before effects, in the order in which they were found', () => {
  const other = ok('lag', 'dispatcher: 1 consuming, 0 records behind');
  expect(inOrder([error, warning, fine, other])).toEqual([fine, error, warning, other]);
});
