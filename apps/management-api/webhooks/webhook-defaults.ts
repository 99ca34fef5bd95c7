/** What the operator sets for webhooks that say nothing else: by the environment, and by what was changed since. */
import {
  settingProblems,
  settingsInForce,
  webhookDefaultsIn,
  type ChangeableSettings,
  type ChangedSettings,
  type DefaultLimits,
  type SettingProblem,
  type SettingsChanges,
} from '../../../libs/domain/webhook/changed-settings.ts';
import type { WebhookDefaults } from '../../../libs/domain/webhook/webhook-settings.ts';
import type { SettingsInForce } from '../../../libs/postgres/webhooks/settings-in-force.ts';
import type { ManagementApiConfig } from '../config.ts';

const hourMs = 3_600_000;

export class WebhookDefaultsOf {
  readonly signatureHeader: string;
  private readonly environment: ChangeableSettings;
  private readonly limits: DefaultLimits;
  private readonly kept: SettingsInForce;

  constructor(config: ManagementApiConfig, kept: SettingsInForce) {
    this.environment = environmentOf(config);
    this.limits = {
      attemptsMax: config.WEBHOOK_RETRY_ATTEMPTS_MAX,
      delayMsMin: config.WEBHOOK_RETRY_DELAY_MS_MIN,
      delayMsMax: config.WEBHOOK_RETRY_DELAY_MS_MAX,
      timeoutMsMax: config.WEBHOOK_TIMEOUT_MS_MAX,
      ageMsMax: config.DELIVERY_MAX_AGE_HOURS * hourMs,
    };
    this.signatureHeader = config.SIGNATURE_HEADER;
    this.kept = kept;
  }

  /** @throws the driver's error, when it is not known what was changed */
  async defaults(): Promise<WebhookDefaults> {
    return webhookDefaultsIn(this.with((await this.kept.get()).changed));
  }

  /** What counts where so much was changed. */
  with(changed: ChangedSettings): ChangeableSettings {
    return settingsInForce(this.environment, changed, this.limits);
  }

  problemsOf(changed: ChangedSettings, changes: SettingsChanges): readonly SettingProblem[] {
    return settingProblems(this.environment, changed, changes, this.limits);
  }
}

function environmentOf(config: ManagementApiConfig): ChangeableSettings {
  return {
    '/webhooksPerClientMax': config.WEBHOOKS_PER_CLIENT,
    '/retryPolicy/default/maxAttempts': config.RETRY_MAX_ATTEMPTS,
    '/retryPolicy/default/baseDelayMs': config.RETRY_BASE_DELAY_MS,
    '/retryPolicy/default/maxDelayMs': config.RETRY_MAX_DELAY_MS,
    '/retryPolicy/default/backoffFactor': config.RETRY_BACKOFF_FACTOR,
    '/retryPolicy/default/jitter': config.RETRY_JITTER,
    '/timeoutMs/default': config.DEFAULT_HTTP_TIMEOUT_MS,
    '/signature/algorithm': config.DEFAULT_SIGNATURE_ALGORITHM,
    '/autoDisable/isEnabled': config.AUTO_DEACTIVATION_ENABLED,
    '/autoDisable/failureThreshold': config.AUTO_DEACTIVATION_FAILURE_THRESHOLD,
    '/autoDisable/minMinutes': config.AUTO_DEACTIVATION_MIN_MINUTES,
    '/autoDisable/failureRatePercent': config.AUTO_DEACTIVATION_FAILURE_PERCENT,
  };
}
