/** The settings in force: what the environment says, and for a client its own rule of what disables. */
import { Controller, Inject } from '@nestjs/common';
import { eventsMax } from '../../../libs/api-contract/events.ts';
import { getSettings } from '../../../libs/api-contract/settings.ts';
import { retryPolicyFields, timeoutMs } from '../../../libs/api-contract/webhook-fields.ts';
import type { DisableOverride } from '../../../libs/domain/health/disable-rules.ts';
import { responseSampleBytesMax } from '../../../libs/domain/delivery/outcome.ts';
import { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import type { InputOf } from '../access/caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { Input, Route } from './route.ts';
import { WebhookDefaultsOf } from '../webhooks/webhook-defaults.ts';

/** Injection token: the configuration of this app. */
export const CONFIG = Symbol('configuration');

interface Bounded {
  readonly minimum?: number;
  readonly maximum?: number;
}
interface Bound {
  readonly min: number;
  readonly max: number;
}

@Controller()
export class SettingsController {
  constructor(
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
    @Inject(WebhookDefaultsOf) private readonly operator: WebhookDefaultsOf,
    @Inject(ClientStore) private readonly clients: ClientStore,
  ) {}

  @Route(getSettings)
  async read(@Input() { caller }: InputOf<typeof getSettings>) {
    const client = caller.clientId === null ? null : await this.clients.find(caller.clientId);
    const { config, operator } = this;
    const { signatureAlgorithm: algorithm, timeoutMs: timeout, retryPolicy } = operator.defaults;
    return {
      version: productVersion,
      urls: {
        schemes: [...config.ALLOWED_URL_SCHEMES],
        ports: [...config.ALLOWED_PORTS],
        allowedHosts: [...config.ALLOWED_HOSTS],
        deniedHosts: [...config.DENIED_HOSTS],
      },
      sizes: {
        eventBytesMax: config.MAX_PAYLOAD_SIZE_KB * 1024,
        eventsPerRequestMax: eventsMax,
        responseSampleBytes: responseSampleBytesMax,
      },
      retention: {
        historyDays: config.HISTORY_RETENTION_DAYS,
        auditDays: config.AUDIT_RETENTION_DAYS === 0 ? null : config.AUDIT_RETENTION_DAYS,
      },
      webhooksPerClientMax: config.WEBHOOKS_PER_CLIENT,
      retryPolicy: { default: { ...retryPolicy }, limits: this.retryLimits() },
      timeoutMs: {
        default: timeout,
        limits: within(boundOf(timeoutMs as Bounded), { max: config.WEBHOOK_TIMEOUT_MS_MAX }),
      },
      maxInFlightMax: config.WEBHOOK_IN_FLIGHT_MAX,
      signature: { algorithm, header: operator.signatureHeader === '' ? null : operator.signatureHeader },
      autoDisable: this.disableRuleOf(client?.autoDisable ?? {}),
      isMailSent: config.SMTP_URL !== null,
    };
  }

  /** Of the contract, within what the operator allows. */
  private retryLimits() {
    const { config } = this;
    const limits = (name: keyof typeof retryPolicyFields) => boundOf(retryPolicyFields[name] as Bounded);
    const delays = { min: config.WEBHOOK_RETRY_DELAY_MS_MIN, max: config.WEBHOOK_RETRY_DELAY_MS_MAX };
    return {
      maxAttempts: within(limits('maxAttempts'), { max: config.WEBHOOK_RETRY_ATTEMPTS_MAX }),
      baseDelayMs: within(limits('baseDelayMs'), delays),
      maxDelayMs: within(limits('maxDelayMs'), delays),
      backoffFactor: limits('backoffFactor'),
      jitter: limits('jitter'),
    };
  }

  private disableRuleOf(own: DisableOverride) {
    const { config } = this;
    const percent = config.AUTO_DEACTIVATION_FAILURE_PERCENT;
    return {
      isEnabled: own.isEnabled ?? config.AUTO_DEACTIVATION_ENABLED,
      failureThreshold: own.failureThreshold ?? config.AUTO_DEACTIVATION_FAILURE_THRESHOLD,
      minMinutes: own.minMinutes ?? config.AUTO_DEACTIVATION_MIN_MINUTES,
      // Where the rate counts for nobody, a client cannot make it count.
      failureRatePercent: percent === 0 ? 0 : (own.failureRatePercent ?? percent),
    };
  }
}

function boundOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Bounded): Bound {
  return { min: minimum, max: maximum };
}

function within({ min, max }: Bound, operator: Partial<Bound>): Bound {
  return { min: Math.max(min, operator.min ?? min), max: Math.min(max, operator.max ?? max) };
}
