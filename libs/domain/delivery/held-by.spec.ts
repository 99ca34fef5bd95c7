import { expect, test } from '@jest/globals';
import { emptyWindows } from '../health/health-window.ts';
import { breakerOpenUntil, heldBy, type HeldDelivery, type HoldingWebhook } from './held-by.ts';

const now = 1_700_000_000_000;
const healthy = { state: 'healthy', consecutiveFailures: 0, lastFailureAt: null, windows: emptyWindows } as const;
const failing = { ...healthy, state: 'failing', consecutiveFailures: 5, lastFailureAt: now - 4_000 } as const;
const webhook: HoldingWebhook = {
  isActive: true,
  rateLimitPerSecond: null,
  recoveringUntil: null,
  pausedUntil: null,
  health: healthy,
  waitingCount: 1,
  blockedBy: null,
};
const waiting: HeldDelivery = { id: 'd-1', status: 'pending', nextAttemptAt: null };
const retried = { status: 'failed_retryable', nextAttemptAt: now + 30_000 } as const;

test.each<[string, Partial<HeldDelivery>, Partial<HoldingWebhook>, object | null]>([
  ['one that is delivered', { status: 'delivered' }, { health: failing }, null],
  ['one that failed for good', { status: 'failed_permanent' }, { health: failing }, null],
  ['one of a disabled webhook', {}, { isActive: false, health: failing }, null],
  [
    'one of a paused webhook',
    {},
    { pausedUntil: now + 1, health: failing, blockedBy: 'd-0' },
    { by: 'pause', until: now + 1 },
  ],
  ['one of a webhook that is resumed', {}, { pausedUntil: now }, { by: 'turn' }],
  ['one whose retry comes after the pause', retried, { pausedUntil: now + 20_000 }, { by: 'retry' }],
  [
    'one whose retry comes within the pause',
    retried,
    { pausedUntil: now + 40_000 },
    { by: 'pause', until: now + 40_000 },
  ],
  ['one that was tried', retried, { health: failing, blockedBy: 'd-1' }, { by: 'retry', until: now + 30_000 }],
  ['one whose retry is due', { ...retried, nextAttemptAt: now - 1 }, { health: failing }, { by: 'breaker' }],
  ['one behind another', {}, { blockedBy: 'd-0', health: failing }, { by: 'order', until: null, deliveryId: 'd-0' }],
  ['the head itself', {}, { blockedBy: 'd-1' }, { by: 'turn' }],
  ['one before an open breaker', {}, { health: failing }, { by: 'breaker', until: now + 6_000, deliveryId: null }],
  ['one of a webhook that recovers', {}, { recoveringUntil: now + 90_000 }, { by: 'recovery', until: now + 90_000 }],
  ['one of a webhook that has recovered', {}, { recoveringUntil: now }, { by: 'turn' }],
  ['one of many with a rate limit', {}, { rateLimitPerSecond: 5, waitingCount: 6 }, { by: 'rate', until: null }],
  ['one of few with a rate limit', {}, { rateLimitPerSecond: 5, waitingCount: 5 }, { by: 'turn', until: null }],
  ['any other', {}, {}, { by: 'turn', until: null, deliveryId: null }],
])('%s', (_, delivery, more, held) => {
  const found = heldBy({ ...waiting, ...delivery }, { ...webhook, ...more }, now);
  if (held === null) expect(found).toBeNull();
  else expect(found).toMatchObject(held);
});

test('a breaker is open until ten seconds after the last failure', () => {
  expect(breakerOpenUntil(failing, now)).toBe(now + 6_000);
  expect(breakerOpenUntil({ ...failing, lastFailureAt: now - 10_000 }, now)).toBeNull();
  expect(breakerOpenUntil(healthy, now)).toBeNull();
});
