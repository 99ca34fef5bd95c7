import { afterEach, expect, test } from '@jest/globals';
import { Health, type HealthCheck } from './health.ts';
import type { Logger } from './logger.ts';
import { Metrics } from './metrics.ts';
import { listenForOperations } from './operations-server.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function operations(check: HealthCheck = () => null) {
  const health = new Health();
  health.add('kafka', check);
  const metrics = new Metrics('fanout');
  const logged: string[] = [];
  const logger = { error: (_fields: object, message: string) => logged.push(message) } as unknown as Logger;
  const { port, server } = await listenForOperations({ health, metrics, logger }, { host: '127.0.0.1', port: 0 });
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return { ask, metrics, logged };
}

test('health and metrics are answered as on the port of the app', async () => {
  const { ask, metrics } = await operations();
  expect(await (await ask('/health/live')).json()).toEqual({ status: 'live' });
  const ready = await ask('/health/ready?verbose');
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', checks: { kafka: 'ok' } }]);
  const scraped = await ask('/metrics');
  expect([scraped.headers.get('content-type'), await scraped.text()]).toEqual([
    metrics.contentType,
    expect.stringContaining('{app="fanout"}'),
  ]);
  const head = await ask('/metrics', { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('what is not ready is 503, in our own words', async () => {
  const { ask } = await operations(() => 'cannot join: connect ECONNREFUSED 10.0.0.7:9092');
  const ready = await ask('/health/ready');
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', checks: { kafka: 'cannot join' } }]);
});

test.each([
  ['GET', '/'],
  ['GET', '/v1/webhooks'],
  ['GET', '/metrics/'],
  ['GET', '/%6detrics'],
  ['POST', '/metrics/'],
])('nothing else is answered: %s %s', async (method, path) => {
  const { ask } = await operations();
  const { status, headers } = await ask(path, {
    method,
    ...(method === 'POST' ? { body: 'x'.repeat(1_000_000) } : {}),
  });
  expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
});

test.each([
  ['POST', '/metrics'],
  ['DELETE', '/health/live?verbose'],
])('another method is told which ones there are: %s %s', async (method, path) => {
  const { ask } = await operations();
  const answer = await ask(path, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await answer.json()).toMatchObject({ type: 'about:blank', status: 405, code: 'method_not_allowed' });
});

test('a metric that fails says nothing of itself', async () => {
  const { ask, metrics, logged } = await operations();
  metrics.gauge('broken', 'A gauge', [], () => Promise.reject(new Error('at db.internal')));
  const scraped = await ask('/metrics');
  expect(await scraped.json()).toEqual({
    type: 'about:blank',
    title: 'Internal error',
    status: 500,
    code: 'internal_error',
    detail: 'The log of the app has the details.',
  });
  expect([scraped.status, logged]).toEqual([500, ['an operations request failed']]);
});

test('an address that is taken is an error at once', async () => {
  const { server, port } = await listenForOperations(
    { health: new Health(), metrics: new Metrics('x'), logger: {} as Logger },
    { host: '127.0.0.1', port: 0 },
  );
  ends.push(() => server.close());
  const taken = listenForOperations(
    { health: new Health(), metrics: new Metrics('y'), logger: {} as Logger },
    { host: '127.0.0.1', port },
  );
  await expect(taken).rejects.toThrow('EADDRINUSE');
});
