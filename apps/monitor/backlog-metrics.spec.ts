import { expect, test } from '@jest/globals';
import { createLogger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { BacklogMetrics } from './backlog-metrics.ts';

test('a scrape asks the database nothing, however often; what was read beside it is shown', async () => {
  let reads = 0;
  const read = <T>(value: T) => {
    reads += 1;
    return Promise.resolve(value);
  };
  const view = {
    read: () => read({ pending: 2, retrying: 3, oldestCreatedAt: 4_000, earliestDueAt: 6_000 }),
    daysAhead: () => read(7),
  };
  const metrics = new Metrics('monitor');
  const backlog = new BacklogMetrics({ metrics, view, logger: createLogger('test', 'silent'), now: () => 10_000 });
  expect(await metrics.text()).not.toContain('webhooks_deliveries_undelivered{');
  expect(reads).toBe(0);
  backlog.start();
  await new Promise(setImmediate);
  expect(reads).toBe(2);
  for (let scrape = 0; scrape < 10; scrape += 1) await metrics.text();
  expect(reads).toBe(2);
  const text = await metrics.text();
  for (const [name, value] of [
    ['deliveries_undelivered{status="pending"', 2],
    ['deliveries_undelivered{status="failed_retryable"', 3],
    ['oldest_undelivered_age_seconds{', 6],
    ['past_due_age_seconds{', 4],
    ['history_days_ahead{', 7],
  ] as const) {
    expect(text.split('\n').find((line) => line.startsWith(`webhooks_${name}`))).toMatch(new RegExp(` ${value}$`));
  }
  backlog.stop();
});
