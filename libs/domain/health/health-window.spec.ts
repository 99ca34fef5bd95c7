import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addAttempts,
  emptyWindows,
  healthWindowNames,
  summarizeWindow,
  type MeasuredAttempt,
} from './health-window.ts';

const now = Date.parse('2026-03-10T12:30:00Z');
const minuteMs = 60_000;
const attempt = (minutesAgo: number, isDelivered = true, latencyMs: number | null = 100): MeasuredAttempt => ({
  startedAt: now - minutesAgo * minuteMs,
  isDelivered,
  latencyMs,
});

test('without attempts nothing is claimed', () => {
  for (const name of healthWindowNames) {
    expect(summarizeWindow(emptyWindows, name, now)).toEqual({ attempts: 0, successRate: null, latencyMs: null });
  }
});

test('each window counts what lies within it', () => {
  const windows = addAttempts(emptyWindows, [
    attempt(0),
    attempt(3, false),
    attempt(20),
    attempt(50),
    attempt(600, false),
  ]);
  expect(summarizeWindow(windows, '5m', now)).toMatchObject({ attempts: 2, successRate: 0.5 });
  expect(summarizeWindow(windows, '1h', now)).toMatchObject({ attempts: 4, successRate: 0.75 });
  expect(summarizeWindow(windows, '24h', now)).toMatchObject({ attempts: 5, successRate: 0.6 });
});

test('a window empties as time passes, without a new attempt', () => {
  const windows = addAttempts(emptyWindows, [attempt(0)]);
  expect(summarizeWindow(windows, '5m', now + 7 * minuteMs).attempts).toBe(0);
  expect(summarizeWindow(windows, '1h', now + 7 * minuteMs).attempts).toBe(1);
  expect(summarizeWindow(windows, '24h', now + 27 * 60 * minuteMs).attempts).toBe(0);
});

test('percentiles are within 10 % of the truth', () => {
  const latencies = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const windows = addAttempts(
    emptyWindows,
    latencies.map((latencyMs) => attempt(0, true, latencyMs)),
  );
  const { latencyMs } = summarizeWindow(windows, '5m', now);
  for (const [percentile, truth] of [['p50', 500] as const, ['p95', 950] as const, ['p99', 990] as const]) {
    expect(Math.abs((latencyMs?.[percentile] ?? 0) - truth) / truth).toBeLessThan(0.1);
  }
});

test('an attempt without a latency counts for the rate alone', () => {
  const windows = addAttempts(emptyWindows, [attempt(0, false, null)]);
  expect(summarizeWindow(windows, '5m', now)).toEqual({ attempts: 1, successRate: 0, latencyMs: null });
});

describe('kept in a row', () => {
  const anyAttempts = fc.array(
    fc.record({
      startedAt: fc.integer({ min: now - 3 * minuteMs, max: now }),
      isDelivered: fc.boolean(),
      latencyMs: fc.option(fc.integer({ min: 0, max: 40_000 })),
    }),
  );

  test('attempts added in parts and through JSON say what they say at once', () => {
    fc.assert(
      fc.property(anyAttempts, anyAttempts, (first, second) => {
        const inParts = addAttempts(
          JSON.parse(JSON.stringify(addAttempts(emptyWindows, first))) as typeof emptyWindows,
          second,
        );
        const atOnce = addAttempts(emptyWindows, [...second, ...first]);
        for (const name of healthWindowNames) {
          expect(summarizeWindow(inParts, name, now)).toEqual(summarizeWindow(atOnce, name, now));
        }
      }),
    );
  });

  test('a busy day stays below 8 KiB', () => {
    let windows = emptyWindows;
    for (let minute = 0; minute < 3 * 24 * 60; minute += 1) {
      windows = addAttempts(
        windows,
        [1, 7, 30, 90, 250, 800, 2_500, 5_000].map((latencyMs) => attempt(-minute, true, latencyMs)),
      );
    }
    expect(JSON.stringify(windows).length).toBeLessThan(8 * 1024);
  });
});
