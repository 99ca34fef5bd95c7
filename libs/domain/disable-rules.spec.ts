import { expect, test } from '@jest/globals';
import { disableRulesOf, type DisableOverride } from './disable-rules.ts';

const operator = { isEnabled: true, failureThreshold: 20, minMs: 3_600_000 };

test.each<[string, DisableOverride | null, object]>([
  ['none', null, operator],
  ['empty', {}, operator],
  ['one of them', { failureThreshold: 50 }, { ...operator, failureThreshold: 50 }],
  [
    'all',
    { isEnabled: false, failureThreshold: 3, minMinutes: 0 },
    { isEnabled: false, failureThreshold: 3, minMs: 0 },
  ],
])('%s', (_name, override, rules) => {
  expect(disableRulesOf(operator, override)).toEqual(rules);
});
