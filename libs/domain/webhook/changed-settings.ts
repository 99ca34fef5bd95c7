/**
 * Settings of the operator that need no restart. In: what the environment says, what was changed since, and a change. Out: what is
 * in force. Holds: what was never changed is as the environment has it, and a change to null takes a setting back to that
 * (JSON Merge Patch, RFC 7396).
 */
import { triedForMs } from '../delivery/retry.ts';
import type { DisableOverride } from '../health/disable-rules.ts';
import type { RetryPolicy, SignatureAlgorithm } from './webhook.ts';
import type { WebhookDefaults } from './webhook-settings.ts';

/** By JSON Pointer (RFC 6901) into the answer of `GET /v1/settings`. */
export interface ChangeableSettings {
  readonly '/webhooksPerClientMax': number;
  readonly '/retryPolicy/default/maxAttempts': number;
  /** Milliseconds. */
  readonly '/retryPolicy/default/baseDelayMs': number;
  readonly '/retryPolicy/default/maxDelayMs': number;
  readonly '/retryPolicy/default/backoffFactor': number;
  readonly '/retryPolicy/default/jitter': number;
  readonly '/timeoutMs/default': number;
  readonly '/signature/algorithm': SignatureAlgorithm;
  readonly '/autoDisable/isEnabled': boolean;
  readonly '/autoDisable/failureThreshold': number;
  readonly '/autoDisable/minMinutes': number;
  /** Percent; 0: only a run of failures counts. */
  readonly '/autoDisable/failureRatePercent': number;
}

export type ChangeableSetting = keyof ChangeableSettings;

/** What was changed, and nothing else. */
export type ChangedSettings = Partial<ChangeableSettings>;

/** Where the environment says each of them. */
export const settingKeys = {
  '/webhooksPerClientMax': 'WEBHOOKS_PER_CLIENT',
  '/retryPolicy/default/maxAttempts': 'RETRY_MAX_ATTEMPTS',
  '/retryPolicy/default/baseDelayMs': 'RETRY_BASE_DELAY_MS',
  '/retryPolicy/default/maxDelayMs': 'RETRY_MAX_DELAY_MS',
  '/retryPolicy/default/backoffFactor': 'RETRY_BACKOFF_FACTOR',
  '/retryPolicy/default/jitter': 'RETRY_JITTER',
  '/timeoutMs/default': 'DEFAULT_HTTP_TIMEOUT_MS',
  '/signature/algorithm': 'DEFAULT_SIGNATURE_ALGORITHM',
  '/autoDisable/isEnabled': 'AUTO_DEACTIVATION_ENABLED',
  '/autoDisable/failureThreshold': 'AUTO_DEACTIVATION_FAILURE_THRESHOLD',
  '/autoDisable/minMinutes': 'AUTO_DEACTIVATION_MIN_MINUTES',
  '/autoDisable/failureRatePercent': 'AUTO_DEACTIVATION_FAILURE_PERCENT',
} as const satisfies Readonly<Record<ChangeableSetting, string>>;

export const changeableSettings = Object.keys(settingKeys) as readonly ChangeableSetting[];

/** Limits of the operator that defaults have to keep, in milliseconds but for the attempts. */
export interface DefaultLimits {
  readonly attemptsMax: number;
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  readonly timeoutMsMax: number;
  /** Deliveries are given up after so long. */
  readonly ageMsMax: number;
}

/** What a change says, by pointer; null: back to the environment. Members that it does not name are none. */
export type SettingsChanges = { readonly [Name in ChangeableSetting]?: ChangeableSettings[Name] | null };

/** @param patch of the form of the answer; a null above some settings stands for a null of each */
export function changesIn(patch: object): SettingsChanges {
  const changes: Record<string, unknown> = {};
  for (const pointer of changeableSettings) {
    let at: unknown = patch;
    for (const name of pointer.slice(1).split('/')) {
      if (typeof at !== 'object' || at === null) break;
      at = Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
    }
    if (at !== undefined) changes[pointer] = at;
  }
  return changes;
}

/** In the order of {@link changeableSettings}, so that the same settings are the same text. */
export function afterChanges(changed: ChangedSettings, changes: SettingsChanges): ChangedSettings {
  const all: Record<string, unknown> = { ...changed, ...changes };
  return Object.fromEntries(changeableSettings.flatMap((name) => (all[name] == null ? [] : [[name, all[name]]])));
}

/** What counts. Limits may have been narrowed since a setting was changed: they are kept all the same. */
export function settingsInForce(
  environment: ChangeableSettings,
  changed: ChangedSettings,
  limits: DefaultLimits,
): ChangeableSettings {
  const wanted = { ...environment, ...changed };
  const delay = (ms: number) => Math.min(Math.max(ms, limits.delayMsMin), limits.delayMsMax);
  const baseDelayMs = delay(wanted['/retryPolicy/default/baseDelayMs']);
  return {
    ...wanted,
    '/retryPolicy/default/maxAttempts': Math.min(wanted['/retryPolicy/default/maxAttempts'], limits.attemptsMax),
    '/retryPolicy/default/baseDelayMs': baseDelayMs,
    // The first delay may be beyond the longest one: the first then is the longest.
    '/retryPolicy/default/maxDelayMs': Math.max(delay(wanted['/retryPolicy/default/maxDelayMs']), baseDelayMs),
    '/timeoutMs/default': Math.min(wanted['/timeoutMs/default'], limits.timeoutMsMax),
  };
}

export function webhookDefaultsIn(settings: ChangeableSettings): WebhookDefaults {
  return {
    timeoutMs: settings['/timeoutMs/default'],
    signatureAlgorithm: settings['/signature/algorithm'],
    retryPolicy: retryPolicyIn(settings),
  };
}

export function disableRuleIn(settings: ChangeableSettings): Required<DisableOverride> {
  return {
    isEnabled: settings['/autoDisable/isEnabled'],
    failureThreshold: settings['/autoDisable/failureThreshold'],
    minMinutes: settings['/autoDisable/minMinutes'],
    failureRatePercent: settings['/autoDisable/failureRatePercent'],
  };
}

export interface SettingProblem {
  readonly path: ChangeableSetting;
  readonly rule: 'minimum' | 'maximum';
  readonly message: string;
}

/** What the schema cannot say of a change. Only what it names is judged, with what counts beside it. */
export function settingProblems(
  environment: ChangeableSettings,
  changed: ChangedSettings,
  changes: SettingsChanges,
  limits: DefaultLimits,
): readonly SettingProblem[] {
  const delays = { min: limits.delayMsMin, max: limits.delayMsMax };
  const problems = [
    ...beyond(changes, '/timeoutMs/default', { max: limits.timeoutMsMax }),
    ...beyond(changes, '/retryPolicy/default/maxAttempts', { max: limits.attemptsMax }),
    ...beyond(changes, '/retryPolicy/default/baseDelayMs', delays),
    ...beyond(changes, '/retryPolicy/default/maxDelayMs', delays),
  ];
  const isPolicyNamed = Object.keys(changes).some((name) => name.startsWith('/retryPolicy/'));
  if (problems.length > 0 || !isPolicyNamed) return problems;
  const after = { ...environment, ...afterChanges(changed, changes) };
  return policyProblems(retryPolicyIn(after), limits.ageMsMax);
}

function policyProblems(policy: RetryPolicy, ageMsMax: number): readonly SettingProblem[] {
  const { maxAttempts, baseDelayMs, maxDelayMs } = policy;
  if (maxDelayMs < baseDelayMs) {
    const message = `The longest delay (${maxDelayMs}) is shorter than baseDelayMs (${baseDelayMs}).`;
    return [{ path: '/retryPolicy/default/maxDelayMs', rule: 'minimum', message }];
  }
  const lastMs = triedForMs(policy, maxAttempts);
  if (lastMs <= ageMsMax) return [];
  const message = `The last of ${maxAttempts} attempts would come ${hours(lastMs)} h after the first, and deliveries are given up after ${hours(ageMsMax)} h (DELIVERY_MAX_AGE_HOURS).`;
  return [{ path: '/retryPolicy/default/maxAttempts', rule: 'maximum', message }];
}

function hours(ms: number): number {
  return Math.round(ms / 360_000) / 10;
}

function retryPolicyIn(settings: ChangeableSettings): RetryPolicy {
  return {
    maxAttempts: settings['/retryPolicy/default/maxAttempts'],
    baseDelayMs: settings['/retryPolicy/default/baseDelayMs'],
    maxDelayMs: settings['/retryPolicy/default/maxDelayMs'],
    backoffFactor: settings['/retryPolicy/default/backoffFactor'],
    jitter: settings['/retryPolicy/default/jitter'],
  };
}

function beyond(
  changes: SettingsChanges,
  path: ChangeableSetting,
  { min, max }: { readonly min?: number; readonly max: number },
): readonly SettingProblem[] {
  const value = changes[path];
  const because = 'that is the limit that this system has for webhooks.';
  if (typeof value !== 'number') return [];
  if (value > max) return [{ path, rule: 'maximum', message: `Must be at most ${max}: ${because}` }];
  if (min !== undefined && value < min) {
    return [{ path, rule: 'minimum', message: `Must be at least ${min}: ${because}` }];
  }
  return [];
}
