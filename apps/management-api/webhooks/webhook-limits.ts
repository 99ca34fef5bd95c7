/**
 * What the operator lets clients choose. Holds: only what a request gives is judged, so that a webhook from before a limit was
 * narrowed can be changed everywhere else.
 */
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import type { FieldCheck, FieldChecks } from '../../../libs/api-contract/validation.ts';
import { pointerToken } from '../../../libs/domain/payload/json-pointer.ts';
import { isAllowedCode, type AnswerCode } from '../../../libs/domain/delivery/answer-codes.ts';
import type { RetryPolicy } from '../../../libs/domain/webhook/webhook.ts';
import type { ManagementApiConfig } from '../config.ts';

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export type WebhookLimits = Pick<
  ManagementApiConfig,
  | 'WEBHOOK_RETRY_ATTEMPTS_MAX'
  | 'WEBHOOK_RETRY_DELAY_MS_MIN'
  | 'WEBHOOK_RETRY_DELAY_MS_MAX'
  | 'WEBHOOK_TIMEOUT_MS_MAX'
  | 'WEBHOOK_IN_FLIGHT_MAX'
  | 'WEBHOOK_SUCCESS_CODES'
>;

export function webhookLimitChecks(limits: WebhookLimits): FieldChecks {
  return {
    timeoutMs: within({ max: limits.WEBHOOK_TIMEOUT_MS_MAX }),
    maxInFlight: within({ max: limits.WEBHOOK_IN_FLIGHT_MAX }),
    retryPolicy: checkPolicy(limits),
    successCodes: checkCodes(limits.WEBHOOK_SUCCESS_CODES),
  };
}

function within(bounds: Bounds): FieldCheck {
  return (value) => problemsOf(value as number | null | undefined, bounds, '');
}

function checkPolicy(limits: WebhookLimits): FieldCheck {
  const delays = { min: limits.WEBHOOK_RETRY_DELAY_MS_MIN, max: limits.WEBHOOK_RETRY_DELAY_MS_MAX };
  return (value) => {
    const policy = (value ?? {}) as Partial<RetryPolicy>;
    return [
      ...problemsOf(policy.maxAttempts, { max: limits.WEBHOOK_RETRY_ATTEMPTS_MAX }, '/maxAttempts'),
      ...problemsOf(policy.baseDelayMs, delays, '/baseDelayMs'),
      ...problemsOf(policy.maxDelayMs, delays, '/maxDelayMs'),
    ];
  };
}

function problemsOf(value: number | null | undefined, { min, max }: Bounds, path: string): FieldProblem[] {
  if (value == null) return [];
  if (max !== undefined && value > max) return [{ path, rule: 'maximum', message: limitMessage(`at most ${max}`) }];
  if (min !== undefined && value < min) return [{ path, rule: 'minimum', message: limitMessage(`at least ${min}`) }];
  return [];
}

function checkCodes(allowed: readonly string[]): FieldCheck {
  return (value) => {
    const codes = (value ?? []) as readonly AnswerCode[];
    return codes.flatMap((code, index) =>
      isAllowedCode(code, allowed)
        ? []
        : [{ path: pointerToken(index), rule: 'enum', message: limitMessage(allowedWords(allowed)) }],
    );
  };
}

function allowedWords(allowed: readonly string[]): string {
  return allowed.length === 0 ? 'left out: only a 2xx is a success' : `one of ${allowed.join(', ')}`;
}

function limitMessage(bound: string): string {
  return `Must be ${bound}: that is the limit of this system's operator.`;
}
