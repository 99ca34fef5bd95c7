import { expect, test } from '@jest/globals';
import { webhookLimitChecks } from './webhook-limits.ts';

const checks = webhookLimitChecks({
  WEBHOOK_RETRY_ATTEMPTS_MAX: 10,
  WEBHOOK_RETRY_DELAY_MS_MIN: 2_000,
  WEBHOOK_RETRY_DELAY_MS_MAX: 60_000,
  WEBHOOK_TIMEOUT_MS_MAX: 10_000,
  WEBHOOK_IN_FLIGHT_MAX: 20,
  WEBHOOK_SUCCESS_CODES: ['302', '4xx'],
});

function found(field: string, value: unknown): string[] {
  return (checks[field]?.(value) ?? []).map(({ path, rule, message }) => `${path} ${rule}: ${message}`);
}

test.each([
  ['timeoutMs', 10_000],
  ['timeoutMs', null],
  ['maxInFlight', 20],
  ['retryPolicy', { maxAttempts: 10, baseDelayMs: 2_000, maxDelayMs: 60_000 }],
  ['retryPolicy', { jitter: 0 }],
  ['retryPolicy', null],
  ['successCodes', [302, 404, '4xx']],
  ['successCodes', []],
  ['successCodes', null],
])('%s may be %j', (field, value) => {
  expect(found(field, value)).toEqual([]);
});

const operator = "that is the limit of this system's operator.";

test('what is beyond a limit is refused, and the limit is said', () => {
  expect(found('timeoutMs', 10_001)).toEqual([` maximum: Must be at most 10000: ${operator}`]);
  expect(found('maxInFlight', 21)).toEqual([` maximum: Must be at most 20: ${operator}`]);
  expect(found('retryPolicy', { maxAttempts: 11, baseDelayMs: 1_000, maxDelayMs: 60_001 })).toEqual([
    `/maxAttempts maximum: Must be at most 10: ${operator}`,
    `/baseDelayMs minimum: Must be at least 2000: ${operator}`,
    `/maxDelayMs maximum: Must be at most 60000: ${operator}`,
  ]);
  expect(found('successCodes', [302, 303, '3xx'])).toEqual([
    `/1 enum: Must be one of 302, 4xx: ${operator}`,
    `/2 enum: Must be one of 302, 4xx: ${operator}`,
  ]);
});
