import { expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { periodMsFor, watchEventLoop } from './event-loop-delay.ts';
import { monotonicMs } from './monotonic.ts';

test('a step that holds the event loop is observed with its length', async () => {
  const observed: number[] = [];
  watchEventLoop({ observe: (delayMs) => observed.push(delayMs) });
  await pause(100);
  const until = monotonicMs() + 300;
  while (monotonicMs() < until);
  while (!observed.some((delayMs) => delayMs >= 250)) await pause(50);
  expect(Math.max(...observed)).toBeGreaterThanOrEqual(250);
});

test('#19 the timer of a process that rests is slower', () => {
  expect([0, 0.04, 0.06, 1].map(periodMsFor)).toEqual([100, 100, 20, 20]);
});
