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

describe('a breaker that nobody probes', () => {
  test('is dropped after a window, and that is told', () => {
    fail(5);
    jest.advanceTimersByTime(openMs + windowMs - 1);
    expect(breakers.stateOf('w1')).toBe('halfOpen');
    jest.advanceTimersByTime(windowMs / 6);
    expect(breakers.size).toBe(0);
    expect(changes.at(-1)).toBe('w1 a.example closed');
    expect(blocked()).toBeNull();
  });

  test('stays while its probe is under way', () => {
    fail(5);
    jest.advanceTimersByTime(openMs + windowMs - 1);
    expect(blocked()).toBeNull();
    jest.advanceTimersByTime(30_000);
    fail(1);
    expect(breakers.stateOf('w1')).toBe('open');
  });
});

describe('of many', () => {
  beforeEach(() => {
    breakers.close();
    breakers = new Breakers({ failuresToOpen: 2, openMs, windowMs, breakersMax: 3, onChange: () => undefined });
  });

  test('the oldest that holds nothing back makes room', () => {
    fail(2, 'w1');
    for (const webhookId of ['w2', 'w3', 'w4']) fail(1, webhookId);
    expect(breakers.size).toBe(3);
    expect(breakers.stateOf('w1')).toBe('open');
    fail(1, 'w3');
    expect(breakers.stateOf('w3')).toBe('open');
    fail(1, 'w2');
    expect(breakers.stateOf('w2')).toBe('closed');
  });

  test('the oldest makes room when all are open', () => {
    for (const webhookId of ['w1', 'w2', 'w3', 'w4']) fail(2, webhookId);
    expect(breakers.size).toBe(3);
    expect(breakers.stateOf('w1')).toBe('closed');
    expect(breakers.stateOf('w4')).toBe('open');
  });
});

describe('when the clock is set', () => {
  const hourMs = 3_600_000;

  test.each([
    ['back', -hourMs],
    ['forward', hourMs],
  ])('%s by an hour, a breaker is open for its time and lets its probe through', (_name, stepMs) => {
    fail(5);
    jest.setSystemTime(Date.now() + stepMs);
    expect(blocked()).toBe(Date.now() + openMs);
    jest.advanceTimersByTime(openMs);
    expect(blocked()).toBeNull();
    jest.setSystemTime(Date.now() + stepMs);
    expect(blocked()).toBe(Date.now() + 250);
    jest.advanceTimersByTime(60_000);
    expect(blocked()).toBeNull();
  });
});

test('a webhook that is forgotten is free', () => {
  fail(5);
  breakers.forget('w1');
  expect(blocked()).toBeNull();
  expect(breakers.size).toBe(0);
});

test('a probe that said nothing of its endpoint makes room for another', () => {
  fail(5);
  jest.advanceTimersByTime(openMs);
  expect(blocked()).toBeNull();
  expect(blocked()).not.toBeNull();
  breakers.pass('w1');
  expect(blocked()).toBeNull();
});
