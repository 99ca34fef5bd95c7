import { expect, test } from '@jest/globals';
import { disableRulesIn } from './disable-rules-in-force.ts';

const config = {
  AUTO_DEACTIVATION_ENABLED: true,
  AUTO_DEACTIVATION_FAILURE_THRESHOLD: 20,
  AUTO_DEACTIVATION_MIN_MINUTES: 60,
  AUTO_DEACTIVATION_FAILURE_PERCENT: 95,
  AUTO_DEACTIVATION_RATE_ATTEMPTS: 100,
  AUTO_DEACTIVATION_RATE_WINDOW_MINUTES: 120,
};
const rate = { part: 0.95, attemptsMin: 100, windowMs: 7_200_000 };
const rules = { isEnabled: true, failureThreshold: 20, minMs: 3_600_000, rate };

test.each([
  [{}, {}],
  [{ '/autoDisable/isEnabled': false }, { isEnabled: false }],
  [{ '/autoDisable/minMinutes': 0 }, { minMs: 0 }],
  [{ '/autoDisable/failureRatePercent': 0 }, { rate: null }],
  [{ '/autoDisable/failureRatePercent': 50 }, { rate: { ...rate, part: 0.5 } }],
  [{ '/autoDisable/failureThreshold': 300 }, { failureThreshold: 300, rate: { ...rate, attemptsMin: 300 } }],
  [{ '/timeoutMs/default': 1 }, {}],
])('%j makes of the environment %j', (changed, expected) => {
  expect(disableRulesIn(config, changed)).toEqual({ ...rules, ...expected });
});
