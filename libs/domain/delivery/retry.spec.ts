import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { retryDelayMs, retryDelayMsMax, retryTiers, tierFor } from './retry.ts';
import type { RetryPolicy } from '../webhook/webhook.ts';

const policy: RetryPolicy = {
  maxAttempts: 6,
  baseDelayMs: 5000,
  maxDelayMs: 86_400_000,
  backoffFactor: 12,
  jitter: 0.2,
};
const noJitter = 0.5;

describe('the delay after an attempt', () => {
  test.each([
    [1, 5000],
    [2, 60_000],
    [3, 720_000],
    [4, 8_640_000],
    [5, 86_400_000],
    [20, 86_400_000],
  ])('number %i is %i ms', (attempt, expected) => {
    expect(retryDelayMs(policy, attempt, null, noJitter)).toBe(expected);
  });

  test.each([
    [0, 4000],
    [0.25, 4500],
    [0.999_999, 6000],
  ])('with random %d lies within the jitter: %i ms', (random, expected) => {
    expect(retryDelayMs(policy, 1, null, random)).toBe(expected);
  });

  test('is never under what the endpoint asked for, and over it when the policy says so', () => {
    expect(retryDelayMs(policy, 1, 60_000, 0)).toBe(60_000);
    expect(retryDelayMs(policy, 3, 60_000, noJitter)).toBe(720_000);
  });

  test('goes over the longest delay of the policy when the endpoint asks for it, and never over a day', () => {
    const shorter = { ...policy, maxDelayMs: 21_600_000 };
    expect(retryDelayMs(shorter, 1, 50_000_000, noJitter)).toBe(50_000_000);
    expect(retryDelayMs(shorter, 1, 90_000_000, noJitter)).toBe(retryDelayMsMax);
    expect(retryDelayMs(policy, 20, null, 0.999)).toBe(retryDelayMsMax);
  });

  test('is a whole number from the jittered base to a day for any policy', () => {
    const policies = fc.record({
      maxAttempts: fc.integer({ min: 1, max: 20 }),
      baseDelayMs: fc.integer({ min: 1000, max: retryDelayMsMax }),
      maxDelayMs: fc.integer({ min: 1000, max: retryDelayMsMax }),
      backoffFactor: fc.double({ min: 1, max: 100, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 20 }), randoms, (any, attempt, random) => {
        const delayMs = retryDelayMs(any, attempt, null, random);
        const least = Math.min(any.baseDelayMs, any.maxDelayMs) * (1 - any.jitter);
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(least));
        expect(delayMs).toBeLessThanOrEqual(retryDelayMsMax);
      }),
    );
  });
});

describe('the tier of a delay', () => {
  test.each([
    [0, '5s'],
    [4999, '5s'],
    [5000, '5s'],
    [29_999, '5s'],
    [30_000, '30s'],
    [119_999, '30s'],
    [120_000, '2m'],
    [600_000, '10m'],
    [3_599_999, '10m'],
    [3_600_000, '1h'],
    [21_600_000, '6h'],
    [86_400_000, '6h'],
  ])('of %i ms is %s', (delayMs, name) => {
    expect(tierFor(delayMs).name).toBe(name);
  });

  test('is never longer than the delay, save the first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: retryDelayMsMax }), (delayMs) => {
        const tier = tierFor(delayMs);
        expect(tier === retryTiers[0] || tier.delayMs <= delayMs).toBe(true);
      }),
    );
  });
});
