import { expect, test } from '@jest/globals';
import { progressOf, type ReplayCounts } from './replay-progress.ts';

const start = Date.parse('2026-03-14T09:00:00Z');
const replay = (change: Partial<ReplayCounts> = {}): ReplayCounts => ({
  status: 'running',
  total: 1_000,
  done: 90,
  skipped: 10,
  pacePerSecond: 50,
  startedAt: new Date(start).toISOString(),
  finishedAt: null,
  ...change,
});

test('its end is estimated by what it did so far', () => {
  expect(progressOf(replay(), start + 10_000)).toEqual({ looked: 100, percent: 10, perSecond: 9, leftMs: 90_000 });
});

test('before it did anything, by the pace that was asked for', () => {
  const waiting = replay({ status: 'pending', done: 0, skipped: 0, startedAt: null });
  expect(progressOf(waiting, start)).toEqual({ looked: 0, percent: 0, perSecond: null, leftMs: 20_000 });
});

test('without a count there is no end to tell', () => {
  expect(progressOf(replay({ total: null }), start + 10_000)).toMatchObject({ percent: null, leftMs: null });
});

test('it is at a hundred when it is over, and not sooner', () => {
  expect(progressOf(replay({ done: 1_200 }), start + 10_000)).toMatchObject({ percent: 99, leftMs: null });
  const finishedAt = new Date(start + 20_000).toISOString();
  const over = progressOf(replay({ status: 'finished', done: 800, finishedAt }), start + 999_000);
  expect(over).toEqual({ looked: 810, percent: 100, perSecond: 40, leftMs: null });
  expect(progressOf(replay({ status: 'cancelled', finishedAt }), start + 999_000)).toMatchObject({
    percent: 10,
    leftMs: null,
  });
});
