/** What disables a webhook: by the environment of the monitor, and by what operators changed since. Pure. */
import type { DisableRules } from '../../libs/domain/health/disable-rules.ts';
import type { ChangedSettings } from '../../libs/domain/webhook/changed-settings.ts';
import type { MonitorConfig } from './config.ts';

const minuteMs = 60_000;

export type DisableConfig = Pick<
  MonitorConfig,
  | 'AUTO_DEACTIVATION_ENABLED'
  | 'AUTO_DEACTIVATION_FAILURE_THRESHOLD'
  | 'AUTO_DEACTIVATION_MIN_MINUTES'
  | 'AUTO_DEACTIVATION_FAILURE_PERCENT'
  | 'AUTO_DEACTIVATION_RATE_ATTEMPTS'
  | 'AUTO_DEACTIVATION_RATE_WINDOW_MINUTES'
>;

export function disableRulesIn(config: DisableConfig, changed: ChangedSettings): DisableRules {
  const failureThreshold = changed['/autoDisable/failureThreshold'] ?? config.AUTO_DEACTIVATION_FAILURE_THRESHOLD;
  const minMinutes = changed['/autoDisable/minMinutes'] ?? config.AUTO_DEACTIVATION_MIN_MINUTES;
  const percent = changed['/autoDisable/failureRatePercent'] ?? config.AUTO_DEACTIVATION_FAILURE_PERCENT;
  const rate = {
    part: percent / 100,
    // Who may fail more often in a row may fail as often by the rate.
    attemptsMin: Math.max(config.AUTO_DEACTIVATION_RATE_ATTEMPTS, failureThreshold),
    windowMs: config.AUTO_DEACTIVATION_RATE_WINDOW_MINUTES * minuteMs,
  };
  return {
    isEnabled: changed['/autoDisable/isEnabled'] ?? config.AUTO_DEACTIVATION_ENABLED,
    failureThreshold,
    minMs: minMinutes * minuteMs,
    rate: percent === 0 ? null : rate,
  };
}
