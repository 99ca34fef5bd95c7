import { expect, test } from '@jest/globals';
import { Health, type HealthCheck } from './health.ts';
import type { LogFields } from './logger.ts';

function healthWith(checks: Readonly<Record<string, HealthCheck>>) {
  let now = 0;
  const lines: (readonly [string, LogFields])[] = [];
  const say = (level: string) => (fields: LogFields) => {
    lines.push([level, fields]);
  };
  const health = new Health({ logger: { info: say('info'), warn: say('warn') }, now: () => now });
  for (const [name, check] of Object.entries(checks)) health.add(name, check);
  return {
    health,
    lines,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test.each([
  ['cannot join: connect ECONNREFUSED 10.0.0.7:9092', 'cannot join'],
  ['does not answer: password authentication failed for user "webhooks"', 'does not answer'],
  ['not connected: getaddrinfo ENOTFOUND kafka.internal: no such name', 'not connected'],
  ['no leader answers for webhook.deliveries-3', 'no leader answers for webhook.deliveries-3'],
])('of %j whoever asks hears %j, and the log has it all', async (problem, told) => {
  const { health, lines } = healthWith({ kafka: () => problem });
  expect(await health.report()).toEqual({ status: 'not ready', checks: { kafka: told } });
  expect(lines.map(([, fields]) => fields)).toEqual([{ check: 'kafka', problem }]);
});

test('a check that throws says nothing of the error', async () => {
  const { health, lines } = healthWith({
    database: () => Promise.reject(new Error('getaddrinfo ENOTFOUND db.internal')),
  });
  expect((await health.report()).checks).toEqual({ database: 'cannot be asked' });
  expect(JSON.stringify(lines)).toContain('db.internal');
});

test('a trouble is logged when it begins, changes and ends, however often somebody asks', async () => {
  let problem: string | null = null;
  const { health, lines, pass } = healthWith({ database: () => problem });
  const ask = async () => {
    await health.report();
    pass(300);
  };
  await ask();
  problem = 'away: first';
  await ask();
  await ask();
  problem = 'away: second';
  await ask();
  expect(lines).toHaveLength(1);
  pass(10_000);
  await ask();
  problem = 'elsewhere';
  await ask();
  problem = null;
  await ask();
  await ask();
  expect(lines.map(([level, { problem: said }]) => [level, said])).toEqual([
    ['warn', 'away: first'],
    ['warn', 'away: second'],
    ['info', 'elsewhere'],
    ['info', undefined],
  ]);
});

test('at the start it is no warning for ten seconds that something was never well', async () => {
  const { health, lines, pass } = healthWith({ kafka: () => 'cannot join: no coordinator' });
  await health.report();
  pass(9_900);
  await health.report();
  pass(300);
  await health.report();
  expect(lines.map(([level]) => level)).toEqual(['info', 'warn']);
});

test('a crowd that asks at once asks each check once', async () => {
  let asked = 0;
  const { health, pass } = healthWith({
    database: () => {
      asked += 1;
      return Promise.resolve(null);
    },
  });
  const reports = await Promise.all(Array.from({ length: 100 }, () => health.report()));
  expect([asked, reports.every(({ status }) => status === 'ready')]).toEqual([1, true]);
  pass(200);
  await health.report();
  expect(asked).toBe(2);
});

test('a stop shows at once', async () => {
  const { health } = healthWith({ database: () => null });
  expect((await health.report()).status).toBe('ready');
  health.beginStop();
  expect(await health.report()).toEqual({ status: 'not ready', checks: { database: 'ok', process: 'stopping' } });
});
