import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Breakers } from './breaker.ts';

const start = Date.UTC(2026, 0, 15);
const openMs = 10_000;
const windowMs = 60_000;
let changes: string[] = [];
let breakers: Breakers;

beforeEach(() => {
  jest.useFakeTimers({ now: start });
  changes = [];
  breakers = new Breakers({
    failuresToOpen: 5,
    openMs,
    windowMs,
    onChange: (webhookId, host, state) => changes.push(`${webhookId} ${host} ${state}`),
  });
});

afterEach(() => {
  breakers.close();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function fail(times: number, webhookId = 'w1'): void {
  for (let n = 0; n < times; n++) breakers.record(webhookId, 'a.example', false);
}

function succeed(times: number, webhookId = 'w1'): void {
  for (let n = 0; n < times; n++) breakers.record(webhookId, 'a.example', true);
}

function blocked(webhookId = 'w1'): number | null {
  return breakers.blockedUntil(webhookId, Date.now());
}

describe('a healthy webhook', () => {
  test('has no breaker', () => {
    succeed(1000);
    expect(blocked()).toBeNull();
    expect(breakers.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('loses its breaker when a window passes without a failure', () => {
    fail(2);
    expect(breakers.size).toBe(1);
    jest.advanceTimersByTime(windowMs - 1);
    expect(breakers.size).toBe(1);
    jest.advanceTimersByTime(1);
    expect(breakers.size).toBe(0);
    expect(changes).toEqual([]);
  });

  test('stays closed while no more than half of its attempts fail', () => {
    for (let n = 0; n < 50; n++) {
      fail(1);
      succeed(2);
    }
    expect(blocked()).toBeNull();
  });
});

describe('a webhook that fails', () => {
  test('is open with its fifth failure in a row, at once', () => {
    fail(4);
    expect(blocked()).toBeNull();
    fail(1);
    expect(blocked()).toBe(start + openMs);
    expect(breakers.stateOf('w1')).toBe('open');
    expect(changes).toEqual(['w1 a.example open']);
  });

  test('opens when each attempt runs into a deadline of half a minute', () => {
    breakers.close();
    breakers = new Breakers({ failuresToOpen: 4, openMs, onChange: () => undefined });
    for (let n = 0; n < 4; n++) {
      jest.advanceTimersByTime(30_000);
      fail(1);
    }
    expect(breakers.stateOf('w1')).toBe('open');
  });

  test('stays blocked until its time has come, whatever attempts still end', () => {
    fail(5);
    jest.advanceTimersByTime(openMs / 2);
    fail(1);
    succeed(1);
    expect(blocked()).toBe(start + openMs);
  });

  test('does not touch another', () => {
    fail(5, 'w1');
    expect(blocked('w2')).toBeNull();
    expect(breakers.stateOf('w2')).toBe('closed');
  });
});

describe('half open', () => {
  beforeEach(() => {
    fail(5);
    jest.advanceTimersByTime(openMs);
    changes = [];
  });

  test('lets exactly one probe through', () => {
    expect(blocked()).toBeNull();
    for (let n = 0; n < 10; n++) expect(blocked()).toBeGreaterThan(Date.now());
  });

  test('closes at once with a good probe and forgets what was', () => {
    expect(blocked()).toBeNull();
    succeed(1);
    expect(blocked()).toBeNull();
    expect(blocked()).toBeNull();
    expect(changes).toEqual(['w1 a.example closed']);
    expect(breakers.size).toBe(0);
    fail(4);
    expect(blocked()).toBeNull();
  });

  test('opens again with a bad probe, for its whole time', () => {
    jest.advanceTimersByTime(3000);
    expect(blocked()).toBeNull();
    fail(1);
    expect(blocked()).toBe(start + openMs + 3000 + openMs);
    jest.advanceTimersByTime(openMs);
    expect(blocked()).toBeNull();
    expect(changes).toEqual(['w1 a.example open', 'w1 a.example halfOpen']);
  });

  test('lets another probe through when the first is never heard of again', () => {
    expect(blocked()).toBeNull();
    jest.advanceTimersByTime(59_999);
    expect(blocked()).not.toBeNull();
    jest.advanceTimersByTime(1);
    expect(blocked()).toBeNull();
    expect(blocked()).not.toBeNull();
  });
});

test('a webhook that is forgotten is free', () => {
  fail(5);
  breakers.forget('w1');
  expect(blocked()).toBeNull();
  expect(breakers.size).toBe(0);
});
