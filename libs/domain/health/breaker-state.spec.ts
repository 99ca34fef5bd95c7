import { expect, test } from '@jest/globals';
import { breakerStateOf } from './breaker-state.ts';
import { emptyWindows, type HealthBucket } from './health-window.ts';

const now = 1_700_000_000_000;
const bucket = (delivered: number, failed: number): HealthBucket => [now - 60_000, delivered, failed, []];
const failing = {
  state: 'failing',
  consecutiveFailures: 5,
  lastFailureAt: now - 1_000,
  windows: emptyWindows,
} as const;

test.each([
  ['five failures in a row', {}, 'open'],
  ['the same, ten seconds later', { lastFailureAt: now - 10_000 }, 'halfOpen'],
  ['the same, when nobody probed it', { lastFailureAt: now - 130_000 }, 'closed'],
  ['four failures in a row', { consecutiveFailures: 4 }, 'closed'],
  ['one success among many failures', { consecutiveFailures: 1, windows: of(bucket(2, 3)) }, 'open'],
  ['as many successes as failures', { consecutiveFailures: 1, windows: of(bucket(3, 3)) }, 'closed'],
  ['a success at last', { state: 'healthy', consecutiveFailures: 0 } as const, 'closed'],
])('%s: the breaker is %s', (_, health, state) => {
  expect(breakerStateOf({ ...failing, ...health }, now)).toBe(state);
});

function of(...buckets: HealthBucket[]) {
  return { ...emptyWindows, '5m': buckets };
}
