import { expect, test } from '@jest/globals';
import { disableRulesOf, type DisableOverride } from './disable-rules.ts';

const rate = { part: 0.95, attemptsMin: 30, windowMs: 7_200_000 };
const operator = { isEnabled: true, failureThreshold: 20, minMs: 3_600_000, rate };

test.each<[string, DisableOverride | null, object]>([
  ['none', null, operator],
  ['empty', {}, operator],
  ['one of them', { failureThreshold: 50 }, { ...operator, failureThreshold: 50, rate: { ...rate, attemptsMin: 50 } }],
  [
    'all',
    { isEnabled: false, failureThreshold: 3, minMinutes: 0 },
    { isEnabled: false, failureThreshold: 3, minMs: 0, rate },
  ],
  ['of the rate', { failureRatePercent: 80 }, { ...operator, rate: { ...rate, part: 0.8 } }],
  ['of no rate', { failureRatePercent: 0 }, { ...operator, rate: null }],
])('%s', (_name, override, rules) => {
  expect(disableRulesOf(operator, override)).toEqual(rules);
});
