import { describe, expect, test } from '@jest/globals';
import { nextBackOff, type BackOff } from './back-off.ts';

describe('back-off of a process that dies', () => {
  test('doubles from half a second to half a minute', () => {
    const delays: number[] = [];
    let state: BackOff | null = null;
    for (let death = 0; death < 9; death += 1) {
      state = nextBackOff(state, 1000);
      delays.push(state.delayMs);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('starts over after a minute of good work', () => {
    expect(nextBackOff({ deaths: 7, delayMs: 30_000 }, 60_000)).toEqual({ deaths: 1, delayMs: 500 });
    expect(nextBackOff({ deaths: 7, delayMs: 30_000 }, 59_999)).toEqual({ deaths: 8, delayMs: 30_000 });
  });
});
