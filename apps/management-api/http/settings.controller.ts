/**
 * The settings in force: what the environment says, what operators changed since, and for a client its own rule of what disables.
 * Operators change here what needs no restart.
 */
import { Controller, Inject } from '@nestjs/common';
import { eventsMax } from '../../../libs/api-contract/events.ts';
import { getSettings, updateSettings } from '../../../libs/api-contract/settings.ts';
import { retryPolicyFields, timeoutMs } from '../../../libs/api-contract/webhook-fields.ts';
import type { DisableOverride } from '../../../libs/domain/health/disable-rules.ts';
import {
  changeableSettings,
  changesIn,
  disableRuleIn,
  webhookDefaultsIn,
} from '../../../libs/domain/webhook/changed-settings.ts';
import { responseSampleBytesMax } from '../../../libs/domain/delivery/outcome.ts';
import { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import { SettingsInForce } from '../../../libs/postgres/webhooks/settings-in-force.ts';
import { SettingsStore, type KeptSettings } from '../../../libs/postgres/webhooks/settings-store.ts';
import type { Caller, InputOf } from '../access/caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { invalid, ProblemError } from './problem-error.ts';
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
    @Inject(SettingsStore) private readonly store: SettingsStore,
    @Inject(SettingsInForce) private readonly inForce: SettingsInForce,
  ) {}

  @Route(getSettings)
  async read(@Input() { caller }: InputOf<typeof getSettings>) {
    const client = caller.clientId === null ? null : await this.clients.find(caller.clientId);
    return this.shown(await this.inForce.get(), caller, client?.autoDisable ?? {});
  }

  @Route(updateSettings)
  async update(@Input() { body, isMeant, caller, actor }: InputOf<typeof updateSettings>) {
    const changes = changesIn(body);
    const updated = await this.store.update(
      changes,
      isMeant,
      (changed) => this.operator.problemsOf(changed, changes),
      actor,
      new Date(),
    );
    switch (updated.kind) {
      case 'updated':
        whenCommitted(() => {
          this.inForce.learn(updated.kept);
        });
        return this.shown(updated.kept, caller, {});
      case 'stale':
        throw new ProblemError('precondition_failed');
      case 'refused':
        throw invalid(updated.problems);
    }
  }

  private shown({ changed, revision }: KeptSettings, caller: Caller, own: DisableOverride) {
    const { config, operator } = this;
    const settings = operator.with(changed);
    const { signatureAlgorithm: algorithm, timeoutMs: timeout, retryPolicy } = webhookDefaultsIn(settings);
    const isOperator = caller.role === 'admin';
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
      webhooksPerClientMax: settings['/webhooksPerClientMax'],
      retryPolicy: { default: { ...retryPolicy }, limits: this.retryLimits() },
      timeoutMs: {
        default: timeout,
        limits: within(boundOf(timeoutMs as Bounded), { max: config.WEBHOOK_TIMEOUT_MS_MAX }),
      },
      maxInFlightMax: config.WEBHOOK_IN_FLIGHT_MAX,
      signature: { algorithm, header: operator.signatureHeader === '' ? null : operator.signatureHeader },
      verification: config.ENDPOINT_VERIFICATION,
      autoDisable: disableRuleOf(disableRuleIn(settings), own),
      isMailSent: config.SMTP_URL !== null,
      revision,
      changeable: isOperator ? [...changeableSettings] : [],
      changed: isOperator ? Object.keys(changed) : [],
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
}

function disableRuleOf(operator: Required<DisableOverride>, own: DisableOverride): Required<DisableOverride> {
  const percent = operator.failureRatePercent;
  // Where the rate counts for nobody, a client cannot make it count.
  return { ...operator, ...own, failureRatePercent: percent === 0 ? 0 : (own.failureRatePercent ?? percent) };
}

function boundOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Bounded): Bound {
  return { min: minimum, max: maximum };
}

function within({ min, max }: Bound, operator: Partial<Bound>): Bound {
  return { min: Math.max(min, operator.min ?? min), max: Math.min(max, operator.max ?? max) };
}
