import { expect, test } from '@jest/globals';
import { readConfig, type ConfigError } from './config.ts';
import { retryKeys } from './retry-keys.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(retryKeys, env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

test.each<[string, Record<string, string>]>([
  ['the defaults', {}],
  ['seven attempts, within 50.6 h', { RETRY_MAX_ATTEMPTS: '7' }],
  ['eight within a longer time', { RETRY_MAX_ATTEMPTS: '8', DELIVERY_MAX_AGE_HOURS: '75' }],
  ['twenty with short delays', { RETRY_MAX_ATTEMPTS: '20', RETRY_MAX_DELAY_MS: '3600000' }],
  ['one attempt', { RETRY_MAX_ATTEMPTS: '1', DELIVERY_MAX_AGE_HOURS: '1' }],
])('%s end before a delivery is given up', (_what, env) => {
  expect(problemsOf(env)).toEqual([]);
});

test.each<[string, Record<string, string>, string]>([
  [
    'eight attempts',
    { RETRY_MAX_ATTEMPTS: '8' },
    'would come 74.6 h after the first, and deliveries are given up after 72 h',
  ],
  ['the default within a day', { DELIVERY_MAX_AGE_HOURS: '24' }, 'would come 26.6 h after the first'],
])('%s would come too late: refused, with the way out', (_what, env, said) => {
  const [problem = '', ...more] = problemsOf(env);
  expect(more).toEqual([]);
  expect(problem).toMatch(/^RETRY_MAX_ATTEMPTS is \d: the last attempt/);
  expect(problem).toContain(said);
  expect(problem).toContain('RETRY_MAX_DELAY_MS');
});

test('what is no number is told of by itself', () => {
  expect(problemsOf({ RETRY_MAX_DELAY_MS: 'long' })).toHaveLength(1);
});
