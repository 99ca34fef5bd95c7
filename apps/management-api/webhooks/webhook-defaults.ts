/** What the operator sets for webhooks that say nothing else. */
import type { WebhookDefaults } from '../../../libs/domain/webhook/webhook-settings.ts';
import type { ManagementApiConfig } from '../config.ts';

export class WebhookDefaultsOf {
  readonly defaults: WebhookDefaults;
  readonly signatureHeader: string;

  constructor(config: ManagementApiConfig) {
    this.defaults = {
      timeoutMs: config.DEFAULT_HTTP_TIMEOUT_MS,
      signatureAlgorithm: config.DEFAULT_SIGNATURE_ALGORITHM,
      retryPolicy: {
        maxAttempts: config.RETRY_MAX_ATTEMPTS,
        baseDelayMs: config.RETRY_BASE_DELAY_MS,
        // An operator may set the first delay beyond the longest one: the first then is the longest.
        maxDelayMs: Math.max(config.RETRY_MAX_DELAY_MS, config.RETRY_BASE_DELAY_MS),
        backoffFactor: config.RETRY_BACKOFF_FACTOR,
        jitter: config.RETRY_JITTER,
      },
    };
    this.signatureHeader = config.SIGNATURE_HEADER;
  }
}
