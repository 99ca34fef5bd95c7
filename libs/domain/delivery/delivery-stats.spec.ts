import { describe, expect, test } from '@jest/globals';
import {
  addCounts,
  latencyPercentiles,
  latencySlotsMs,
  noAttempts,
  statsBuckets,
  statsBucketMs,
} from './delivery-stats.ts';

const start = Math.floor(Date.parse('2026-03-14T09:26:53.589Z') / statsBucketMs) * statsBucketMs;
const attempt = {
  clientId: 'acme',
  webhookId: 'wh_1',
  status: 'delivered',
  startedAt: start,
  latencyMs: 12,
  oursMs: 3,
  theirsMs: 12,
} as const;

describe('attempts', () => {
  test('are counted by webhook and five minutes, in one order', () => {
    const buckets = statsBuckets([
      { ...attempt, startedAt: start + statsBucketMs },
      { ...attempt, webhookId: 'wh_2' },
      { ...attempt, startedAt: start + statsBucketMs - 1, latencyMs: 5 },
      attempt,
      { ...attempt, status: 'failed_retryable', latencyMs: 30_000 },
      { ...attempt, status: 'failed_permanent', latencyMs: null },
      { ...attempt, clientId: 'abc', webhookId: 'wh_3' },
    ]);
    expect(buckets.map((one) => [one.clientId, one.start - start, one.webhookId])).toEqual([
      ['abc', 0, 'wh_3'],
      ['acme', 0, 'wh_1'],
      ['acme', 0, 'wh_2'],
      ['acme', statsBucketMs, 'wh_1'],
    ]);
    expect(buckets[1]).toMatchObject({
      delivered: 2,
      failedRetryable: 1,
      failedPermanent: 1,
      oursMs: 12,
      theirsMs: 48,
    });
    expect(buckets[1]?.latencies).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('that are withdrawn leave nothing behind', () => {
    const [bucket] = statsBuckets([attempt, { ...attempt, isWithdrawn: true }]);
    expect(bucket).toEqual({ clientId: 'acme', webhookId: 'wh_1', start, ...noAttempts });
  });

  test('add up to the same whichever way they are taken apart', () => {
    const attempts = Array.from({ length: 60 }, (_, index) => ({
      ...attempt,
      status: (['delivered', 'failed_retryable', 'failed_permanent'] as const)[index % 3] ?? 'delivered',
      latencyMs: index * 37,
    }));
    const sum = (parts: readonly (readonly (typeof attempts)[number][])[]) =>
      parts.flatMap((part) => statsBuckets(part)).reduce(addCounts, noAttempts);
    expect(sum([attempts.slice(40), attempts.slice(0, 40)])).toEqual(sum(attempts.map((one) => [one])));
  });
});

describe('percentiles', () => {
  const counts = (of: Record<number, number>) => noAttempts.latencies.map((_, slot) => of[slot] ?? 0);
  test.each<[string, readonly number[], object | null]>([
    ['of nothing are none', counts({}), null],
    ['of one slot lie within it', counts({ 3: 100 }), { p50: 30, p95: 39, p99: 40 }],
    ['of two slots', counts({ 0: 50, 5: 50 }), { p50: 5, p95: 152, p99: 158 }],
    [
      'of what is longer than every slot',
      counts({ [latencySlotsMs.length]: 1 }),
      { p50: 30_720, p95: 39_936, p99: 40_755 },
    ],
  ])('%s', (_, latencies, expected) => {
    expect(latencyPercentiles(latencies)).toEqual(expected);
  });
});
