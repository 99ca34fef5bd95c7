import { expect, test } from '@jest/globals';
import { verificationEventType } from '../webhook/endpoint-proof.ts';
import type { ObservedOutcome } from '../delivery/outcome.ts';
import { proofTold } from './proof-told.ts';
import type { WatchedWebhook } from './webhook-health.ts';

const webhook = { isVerificationPending: true, targetVersion: 3 } as WatchedWebhook;

function outcome(change: Partial<ObservedOutcome>): ObservedOutcome {
  const told = { kind: 'ping', eventType: verificationEventType, targetVersion: 3, startedAt: 7, responseHeaders: {} };
  return { ...told, provedEndpoint: true, errorMessage: null, ...change } as ObservedOutcome;
}

test('an answer of the present URL is a proof, with the rate that it allows', () => {
  expect(proofTold([outcome({})], webhook)).toEqual({ isProven: true, allowedPerMinute: null, askedAt: 7 });
  const responseHeaders = { 'webhook-allowed-rate': '90' };
  expect(proofTold([outcome({ responseHeaders })], webhook)).toMatchObject({ allowedPerMinute: 90 });
});

test('a proof counts where none was asked for, too', () => {
  expect(proofTold([outcome({})], { ...webhook, isVerificationPending: false })?.isProven).toBe(true);
});

test('one that comes before another that says nothing counts', () => {
  const outcomes = [outcome({}), outcome({ provedEndpoint: false, errorMessage: 'it answered 500', startedAt: 9 })];
  expect(proofTold(outcomes, webhook)?.isProven).toBe(true);
});

test.each([
  ['of another URL', [outcome({ targetVersion: 2 })], webhook],
  ['of an ordinary ping', [outcome({ eventType: 'webhook.ping' })], webhook],
  ['of an event that is called so', [outcome({ kind: 'event' })], webhook],
  [
    'that refuses what need not be proven',
    [outcome({ provedEndpoint: false })],
    { ...webhook, isVerificationPending: false },
  ],
])('an answer %s tells nothing', (_, outcomes, asked) => {
  expect(proofTold(outcomes, asked)).toBeNull();
});

test.each([
  [{ provedEndpoint: false, errorMessage: 'it answered 405' }, 'it answered 405'],
  // A dispatcher of before sent it as a ping, and was answered 200.
  [{ provedEndpoint: undefined }, 'a dispatcher of an older version was to ask, which cannot'],
])('what was answered to %j proves nothing', (change, problem) => {
  expect(proofTold([outcome(change)], webhook)).toEqual({ isProven: false, problem, askedAt: 7 });
});
