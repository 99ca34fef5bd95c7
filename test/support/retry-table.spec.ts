/** docs/receiving.md says when a delivery is tried again: by the policy that a webhook has which has none of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { retryDelayMs } from '../../libs/domain/delivery/retry.ts';
import { readConfig } from '../../libs/runtime/config.ts';
import { retryKeys } from '../../libs/runtime/retry-keys.ts';
import { repositoryRoot } from './source-tree.ts';

const document = readFileSync(join(repositoryRoot, 'docs', 'receiving.md'), 'utf8');
const defaults = readConfig(retryKeys, {});
const policy = {
  maxAttempts: defaults.RETRY_MAX_ATTEMPTS,
  baseDelayMs: defaults.RETRY_BASE_DELAY_MS,
  maxDelayMs: defaults.RETRY_MAX_DELAY_MS,
  backoffFactor: defaults.RETRY_BACKOFF_FACTOR,
  jitter: defaults.RETRY_JITTER,
};
const noJitter = 0.5;

const unitMs: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 };

/** `2 h 24 min`; nothing: 0. */
function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+) (s|min|h)\b/g)];
  expect(parts.map(([part]) => part).join(' ')).toBe(text);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? NaN), 0);
}

test('its table has the attempts and the delays of the defaults', () => {
  const [, table = ''] = /<!-- retries -->\n\n((?:\|.*\n)+)/.exec(document) ?? [];
  const rows = table
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows.map(([, attempt]) => Number(attempt))).toEqual(
    Array.from({ length: policy.maxAttempts }, (_, index) => index + 1),
  );
  let sinceMs = 0;
  for (const [, attempt, after = '', since = ''] of rows) {
    const delayMs = attempt === '1' ? 0 : retryDelayMs(policy, Number(attempt) - 1, null, noJitter);
    sinceMs += delayMs;
    expect({ attempt, afterMs: durationMs(after) }).toEqual({ attempt, afterMs: delayMs });
    // It is told in minutes where it is long.
    expect(Math.abs(durationMs(since) - sinceMs)).toBeLessThan(60_000);
  }
  expect(document).toContain(`Each delay varies by up to ${policy.jitter * 100} %`);
});
