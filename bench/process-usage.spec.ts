import { expect, test } from '@jest/globals';
import { cpuMsOf, memoryOf, peakMemoryOf, statOf } from './process-usage.ts';

test('the fields of a stat line are found behind any name', () => {
  const line = '42 (a ) b (c)) S 7 42 42 0 -1 4194560 100 200 0 0 11 5 3 1 20 0 1 0 100 0 0';
  expect(statOf(line)).toEqual({ parent: 7, ticks: 20 });
});

test('this process has used CPU and memory, where the system tells', () => {
  const used = cpuMsOf([process.pid]);
  if (used === null) return;
  expect(used).toBeGreaterThan(0);
  expect(memoryOf([process.pid])).toBeGreaterThan(10_000_000);
  expect(peakMemoryOf(process.pid)).toBeGreaterThan(10_000_000);
});

test('a process that is gone has used nothing', () => {
  expect(cpuMsOf([2 ** 22 + 1]) ?? 0).toBe(0);
});
