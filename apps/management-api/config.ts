/** The configuration that the management API reads. */
import { capabilities } from '../../libs/domain/access/capabilities.ts';
import {
  adminKeys,
  apiLimitKeys,
  connectionKeys,
  corsKeys,
  databaseKeys,
  eventKeys,
  httpKeys,
  mailKeys,
  monitorKeys,
  proxyKeys,
  registryKeys,
  signatureKeys,
  webhookDefaultKeys,
} from '../../libs/runtime/config-keys.ts';
import { operatorOidcKeys } from '../../libs/runtime/oidc-keys.ts';
import { platformKafkaKeys } from '../../libs/runtime/platform-kafka-keys.ts';
import { portalKeys } from '../../libs/runtime/portal-keys.ts';
import { retryKeys } from '../../libs/runtime/retry-keys.ts';
import type { ConfigOf } from '../../libs/runtime/config.ts';
import { dispatchKeys } from '../../libs/runtime/dispatch-keys.ts';
import { egressKeys } from '../../libs/runtime/egress-keys.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';
import { verificationKeys } from '../../libs/runtime/verification-keys.ts';
import { webhookLimitKeys } from '../../libs/runtime/webhook-limit-keys.ts';

export const managementApiConfig = {
  ...connectionKeys,
  ...registryKeys,
  ...databaseKeys,
  ...adminKeys,
  ...operatorOidcKeys(capabilities),
  ...proxyKeys,
  ...portalKeys,
  ...apiLimitKeys,
  ...corsKeys,
  ...webhookLimitKeys,
  ...verificationKeys,
  ...egressKeys,
  ...signatureKeys,
  ...webhookDefaultKeys,
  // Attempts that could only come later are refused at boot.
  DELIVERY_MAX_AGE_HOURS: retryKeys.DELIVERY_MAX_AGE_HOURS,
  RETRY_MAX_ATTEMPTS: retryKeys.RETRY_MAX_ATTEMPTS,
  RETRY_BASE_DELAY_MS: retryKeys.RETRY_BASE_DELAY_MS,
  RETRY_MAX_DELAY_MS: retryKeys.RETRY_MAX_DELAY_MS,
  RETRY_BACKOFF_FACTOR: retryKeys.RETRY_BACKOFF_FACTOR,
  RETRY_JITTER: retryKeys.RETRY_JITTER,
  MAX_PAYLOAD_SIZE_KB: eventKeys.MAX_PAYLOAD_SIZE_KB,
  SENSITIVE_FIELDS: eventKeys.SENSITIVE_FIELDS,
  UNKNOWN_EVENT_TYPES: eventKeys.UNKNOWN_EVENT_TYPES,
  // What other apps do by these is told to whoever asks for the settings in force.
  HISTORY_RETENTION_DAYS: eventKeys.HISTORY_RETENTION_DAYS,
  AUDIT_RETENTION_DAYS: monitorKeys.AUDIT_RETENTION_DAYS,
  AUTO_DEACTIVATION_ENABLED: monitorKeys.AUTO_DEACTIVATION_ENABLED,
  AUTO_DEACTIVATION_FAILURE_THRESHOLD: monitorKeys.AUTO_DEACTIVATION_FAILURE_THRESHOLD,
  AUTO_DEACTIVATION_MIN_MINUTES: monitorKeys.AUTO_DEACTIVATION_MIN_MINUTES,
  AUTO_DEACTIVATION_FAILURE_PERCENT: monitorKeys.AUTO_DEACTIVATION_FAILURE_PERCENT,
  SMTP_URL: mailKeys.SMTP_URL,
  // Whether it is right that nobody dispatches.
  WEBHOOKS_ENABLED: dispatchKeys.WEBHOOKS_ENABLED,
  // That fan-out reads there too is told; it is not connected to.
  PLATFORM_KAFKA_BROKERS: platformKafkaKeys.PLATFORM_KAFKA_BROKERS,
  ...tracingKeys,
  ...httpKeys(3000),
} as const;

export type ManagementApiConfig = ConfigOf<typeof managementApiConfig>;
