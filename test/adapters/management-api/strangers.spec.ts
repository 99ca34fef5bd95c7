/** What whoever has no key may cost: statements for keys that nobody has, for metrics, for readiness; and what they learn. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { ApiKeyStore } from '../../../libs/postgres/access/api-key-store.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { until } from '../../support/until.ts';
import { newClient, startWorld, type World } from './api-world.ts';
import { traced } from './statement-trace.ts';

const burst = 20;

let world: World;
let key: string;

beforeAll(async () => {
  world = await startWorld({ API_RATE_LIMIT_UNKNOWN_PER_SECOND: '1', API_RATE_LIMIT_BURST_SECONDS: String(burst) });
  ({ key } = await newClient(world));
}, 120_000);

afterAll(async () => {
  await world.close();
});

const madeUpKey = () => `whk_${randomBytes(16).toString('hex')}`;

/** Statuses of so many requests, each with a key of its own that nobody has. */
async function askWithMadeUpKeys(count: number, remoteAddress: string): Promise<number[]> {
  const asked = Array.from({ length: count }, () =>
    world.app.inject({ url: '/v1/webhooks', headers: { authorization: `Bearer ${madeUpKey()}` }, remoteAddress }),
  );
  return (await Promise.all(asked)).map(({ statusCode }) => statusCode);
}

describe('keys that nobody has', () => {
  test('are looked up as often as an address may, and beyond that refused without a statement', async () => {
    const look = jest.spyOn(ApiKeyStore.prototype, 'findByHash');
    const { answer, statements } = await traced(() => askWithMadeUpKeys(200, '192.0.2.1'));
    const looks = look.mock.calls.length;
    look.mockRestore();
    const limited = answer.filter((status) => status === 429).length;
    expect(answer.filter((status) => status !== 401 && status !== 429)).toEqual([]);
    expect(limited).toBeGreaterThanOrEqual(200 - 2 * burst);
    // Those of the same time share a statement, so that the number of these says nothing of what was refused before it.
    expect(looks).toBe(200 - limited);
    const lookups = statements.filter((text) => text.includes('from api_key'));
    expect(lookups).not.toEqual([]);
    expect(lookups.length).toBeLessThanOrEqual(looks);
  });

  test('use up nothing of other addresses, nor of keys that are there', async () => {
    const good = () =>
      world.app.inject({
        url: '/v1/webhooks',
        headers: { authorization: `Bearer ${key}` },
        remoteAddress: '192.0.2.2',
      });
    expect((await good()).statusCode).toBe(200);
    await askWithMadeUpKeys(3 * burst, '192.0.2.2');
    expect((await good()).statusCode).toBe(200);
    expect(await askWithMadeUpKeys(1, '192.0.2.3')).toEqual([401]);
  });

  test('are counted when they are refused', async () => {
    const { text } = await world.ask('GET /metrics', { key: '' });
    expect(text).toMatch(/^webhooks_api_rate_limited_total\{role="unknown",app="management-api"\} [1-9]/m);
  });

  test('that come again and again are looked up once', async () => {
    const ask = { key: madeUpKey() };
    const { statements } = await traced(async () => {
      for (let time = 0; time < 50; time += 1) expect((await world.ask('GET /v1/webhooks', ask)).status).toBe(401);
    });
    expect(statements.filter((text) => text.includes('api_key'))).toHaveLength(1);
  });
});

test('metrics cost the same few statements however often they are scraped', async () => {
  const beganAt = monotonicMs();
  const { statements } = await traced(async () => {
    for (let time = 0; time < 30; time += 1) await world.ask('GET /metrics', { key: '' });
  });
  const counts = (table: RegExp) => statements.filter((text) => text.includes('count(') && table.test(text)).length;
  // Each may be asked at the first scrape, and again after five seconds and a minute.
  const tookMs = monotonicMs() - beganAt;
  expect(counts(/./)).toBe(counts(/outbox/) + counts(/webhook\b/));
  expect(counts(/outbox/)).toBeLessThanOrEqual(1 + Math.floor(tookMs / 5_000));
  expect(counts(/webhook\b/)).toBeLessThanOrEqual(1 + Math.floor(tookMs / 60_000));
});

test('readiness says that the database is away, and nothing that the driver said', async () => {
  const { DATABASE_URL } = world.env;
  const { pathname, username, host } = new URL(DATABASE_URL);
  const name = pathname.slice(1);
  const elsewhere = new pg.Client({ connectionString: DATABASE_URL.replace(pathname, '/postgres') });
  await elsewhere.connect();
  try {
    await elsewhere.query(`alter database "${name}" with allow_connections false`);
    await elsewhere.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    const said = async () => (await world.ask('GET /health/ready', { key: '' })).text;
    await until(async () => (await said()).includes('"database":"cannot be asked"'), { timeoutMs: 10_000 });
    const text = await said();
    expect(text).toContain('"status":"not ready"');
    expect([name, username, host, 'accepting', 'terminat'].filter((word) => text.includes(word))).toEqual([]);
  } finally {
    await elsewhere.query(`alter database "${name}" with allow_connections true`);
    await elsewhere.end();
  }
});
