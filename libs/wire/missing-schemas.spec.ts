import { beforeEach, describe, expect, test } from '@jest/globals';
import { MissingSchemas } from './missing-schemas.ts';

const secondMs = 1_000;
let now = 0;
let missing: MissingSchemas;

beforeEach(() => {
  now = 0;
  missing = new MissingSchemas(() => now);
});

/** Asks as whoever waits for a schema does, twice a second. @returns how long until it was believed */
function waitFor(id: number): number {
  const since = now;
  while (!missing.saidMissing(id)) now += secondMs / 2;
  return now - since;
}

describe('a producer of ids that nobody has', () => {
  test('takes the protection of a schema that was just registered from nobody', () => {
    waitFor(900);
    const unprotected: number[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      // Its id is asked for again every half a minute, and once a minute it has another one.
      missing.saidMissing(900);
      waitFor(901 + minute);
      for (let step = 0; step < 10; step += 1) {
        now += 3 * secondMs;
        const justRegistered = 100 + minute * 10 + step;
        if (missing.saidMissing(justRegistered)) unprotected.push(justRegistered);
      }
      missing.saidMissing(900);
      now += 27 * secondMs;
    }
    expect(unprotected).toEqual([]);
  });

  test('in a stream holds it for a few seconds a minute, and for no id twice', () => {
    let heldMs = 0;
    const minutes = 10;
    for (let id = 0; now < minutes * 60 * secondMs; id += 1) {
      heldMs += waitFor(id);
      now += secondMs / 10;
      if (id > 0) expect(missing.saidMissing(id - 1)).toBe(true);
    }
    expect(heldMs).toBeLessThanOrEqual(minutes * 3 * 3 * secondMs);
    expect(heldMs).toBeGreaterThan(0);
  });

  test('cannot say beforehand that a schema is missing that is registered later', () => {
    waitFor(77);
    now += 61 * secondMs;
    // By now it is registered, and the replica lags.
    expect(missing.saidMissing(77)).toBe(false);
  });
});

test('a registry that has what it denied is believed no more at once', () => {
  for (const id of [1, 2, 3]) waitFor(id);
  expect(missing.saidMissing(4)).toBe(true);
  missing.found(4);
  expect(missing.saidMissing(5)).toBe(false);
});

test('ids without end are not all remembered, and the one that is waited for is', () => {
  expect(missing.saidMissing(1)).toBe(false);
  for (let id = 2; id <= 10_000; id += 1) missing.saidMissing(id);
  expect(missing.saidMissing(1)).toBe(false);
  for (let id = 10_001; id <= 20_000 - 1; id += 1) missing.saidMissing(id);
  now += 3 * secondMs;
  expect(missing.saidMissing(1)).toBe(true);
});
