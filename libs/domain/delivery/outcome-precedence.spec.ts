import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparePrecedence, latestByPrecedence, type Standing } from './outcome-precedence.ts';

const standing = (changes: Partial<Standing>): Standing => ({
  deliveryCreatedAt: 1_000,
  round: '',
  status: 'failed_retryable',
  startedAt: 2_000,
  attempt: 1,
  reason: 'http',
  nextAttemptAt: 9_000,
  latencyMs: 10,
  responseCode: 500,
  errorKind: null,
  ...changes,
});

describe('a delivery stands where', () => {
  test.each<[string, Partial<Standing>, Partial<Standing>]>([
    ['its latest attempt says', { startedAt: 3_000, attempt: 2 }, {}],
    ['it was delivered, though a later attempt of the round failed', { status: 'delivered' }, { startedAt: 3_000 }],
    [
      'a resend says, though it was delivered before',
      { deliveryCreatedAt: 5_000, round: 'r' },
      { status: 'delivered' },
    ],
    [
      'a resend was delivered, though a retry of the first round failed after it',
      { deliveryCreatedAt: 5_000, round: 'r', status: 'delivered', startedAt: 6_000 },
      { startedAt: 7_000, attempt: 2, status: 'failed_permanent' },
    ],
    ['the later of two attempts with one number says', { startedAt: 2_001 }, {}],
  ])('%s', (_name, winner, loser) => {
    expect(comparePrecedence(standing(winner), standing(loser))).toBeGreaterThan(0);
    expect(latestByPrecedence([standing(loser), standing(winner)])).toEqual(standing(winner));
    expect(latestByPrecedence([standing(winner), standing(loser)])).toEqual(standing(winner));
  });

  test('nothing is known: nowhere', () => {
    expect(latestByPrecedence([])).toBeNull();
  });
});

test('the order is total: it does not depend on what is compared first', () => {
  const any = fc.record({
    deliveryCreatedAt: fc.constantFrom(1, 2),
    round: fc.constantFrom('', 'r'),
    status: fc.constantFrom('delivered' as const, 'failed_retryable' as const, 'failed_permanent' as const),
    startedAt: fc.constantFrom(1, 2),
    attempt: fc.constantFrom(1, 2),
    reason: fc.constantFrom(null, 'http' as const, 'timeout' as const),
    nextAttemptAt: fc.constantFrom(null, 1),
    latencyMs: fc.constantFrom(null, 0, 1),
    responseCode: fc.constantFrom(null, 200),
    errorKind: fc.constantFrom(null, 'dns' as const),
  });
  fc.assert(
    fc.property(fc.tuple(any, any, any), ([a, b, c]) => {
      expect(Math.sign(comparePrecedence(a, b)) + Math.sign(comparePrecedence(b, a))).toBe(0);
      expect(latestByPrecedence([a, b, c])).toEqual(latestByPrecedence([c, b, a]));
      if (comparePrecedence(a, b) === 0) expect(a).toEqual(b);
    }),
  );
});
