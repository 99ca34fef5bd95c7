import { expect, test } from '@jest/globals';
import { deliveryAge, timeShares, type AgedAttempt, type AgedDelivery } from './delivery-age.ts';

const attempt = (startedAt: number, latencyMs: number | null, more: Partial<AgedAttempt> = {}): AgedAttempt => ({
  round: '',
  roundAt: 1_000,
  startedAt,
  latencyMs,
  nextAttemptAt: null,
  ...more,
});
const delivery: AgedDelivery = { arrivedAt: 1_000, createdAt: 1_000, status: 'delivered', attempts: [] };
const ageOf = (more: Partial<AgedDelivery>, now = 100_000): unknown[] =>
  Object.values(deliveryAge({ ...delivery, ...more }, now));

test.each<[string, Partial<AgedDelivery>, (number | null)[]]>([
  ['sent at once', { attempts: [attempt(1_000, 50)] }, [0, 0, 0, 50]],
  ['that waited for its turn', { attempts: [attempt(3_000, 50)] }, [0, 2_000, 0, 50]],
  ['that fan-out came to late', { arrivedAt: 400, attempts: [attempt(1_000, 50)] }, [600, 0, 0, 50]],
  ['whose event is gone', { arrivedAt: null, attempts: [attempt(1_000, 50)] }, [null, 0, 0, 50]],
  [
    'tried again when it was due, and late',
    { attempts: [attempt(1_000, 100, { nextAttemptAt: 6_100 }), attempt(6_400, 50)] },
    [0, 300, 5_000, 150],
  ],
  ['never tried yet', { status: 'pending' }, [0, 99_000, 0, 0]],
  [
    'that waits to be tried again',
    { status: 'failed_retryable', attempts: [attempt(1_000, 100, { nextAttemptAt: 200_000 })] },
    [0, 0, 98_900, 100],
  ],
  [
    'sent again long after it was settled',
    { attempts: [attempt(1_000, 100), attempt(50_500, 10, { round: 'rs_1', roundAt: 50_000 })] },
    [0, 500, 0, 110],
  ],
  ['that ended without a POST', { status: 'failed_permanent', attempts: [attempt(1_500, null)] }, [0, 500, 0, 0]],
])('a delivery %s', (_, more, expected) => {
  expect(ageOf(more)).toEqual(expected);
});

test('sums of attempts are split by whose doing they were, and pings are nobody’s', () => {
  const outcome = { kind: 'event', attempt: 1, startedAt: 5_000, latencyMs: 100, deliveryCreatedAt: 3_000 } as const;
  const shares = timeShares([
    { ...outcome, nextAttemptAt: 10_100 },
    { ...outcome, attempt: 2, startedAt: 11_000, nextAttemptAt: null },
    { ...outcome, latencyMs: null, startedAt: 2_000, nextAttemptAt: null },
    { ...outcome, kind: 'ping', nextAttemptAt: null },
  ]);
  expect(shares).toEqual({ oursMs: 2_000, theirsMs: 100 + 5_000 + 100 });
});
