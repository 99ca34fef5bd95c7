import { expect, test } from '@jest/globals';
import { createLogger } from '../../runtime/logger.ts';
import { Metrics } from '../../runtime/metrics.ts';
import { DatabaseClock } from './database-clock.ts';

const noon = Date.parse('2026-03-10T12:00:00Z');

function setup(aheadMs: () => number | Error) {
  const lines: string[] = [];
  const metrics = new Metrics('test');
  const logger = Object.assign(createLogger('test', 'silent'), {
    error: (_fields: object, line: string) => lines.push(line),
    info: (_fields: object, line: string) => lines.push(line),
  });
  const clock = new DatabaseClock({
    read: () => {
      const ahead = aheadMs();
      return ahead instanceof Error ? Promise.reject(ahead) : Promise.resolve(noon + ahead);
    },
    now: () => noon,
    metrics,
    logger,
  });
  return {
    clock,
    lines,
    shown: async () => /webhooks_database_clock_ahead_seconds\S* (-?[\d.]+)/.exec(await metrics.text())?.[1],
  };
}

test('clocks that are more than a minute apart are told of, and when they agree again', async () => {
  let aheadMs: number | Error = 59_000;
  const { clock, lines, shown } = setup(() => aheadMs);
  await clock.look();
  expect(lines).toEqual([]);
  for (const apart of [61_000, -61_000]) {
    aheadMs = apart;
    await clock.look();
    expect(await shown()).toBe(String(apart / 1_000));
  }
  aheadMs = 5;
  await clock.look();
  await clock.look();
  expect(lines).toEqual([
    expect.stringContaining('are apart'),
    expect.stringContaining('are apart'),
    expect.stringContaining('agree again'),
  ]);
});

test('while the database is away nothing is claimed', async () => {
  let aheadMs: number | Error = 120_000;
  const { clock, shown } = setup(() => aheadMs);
  await clock.look();
  aheadMs = new Error('away');
  await clock.look();
  expect(await shown()).toBeUndefined();
});
