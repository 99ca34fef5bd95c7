import { expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { watchEventLoop } from './event-loop-delay.ts';
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
