import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { createApp, type AppDefinition } from './app.module.ts';
import { Health } from './health.ts';
import type { Logger } from './logger.ts';
import { Metrics } from './metrics.ts';

@Module({})
class Root {}

const definition: AppDefinition<Record<string, never>> = {
  name: 'fanout',
  config: {},
  root: () => ({ module: Root }),
  address: () => ({ host: '127.0.0.1', port: 0 }),
};

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};

test.each([
  [false, 200],
  [true, 404],
])('with operations apart (%s) the port of the app answers %i to them', async (hasOperationsApart, status) => {
  const context = { name: 'fanout', logger, health: new Health(), metrics: new Metrics('fanout'), hasOperationsApart };
  const app = await createApp(definition, {}, context);
  await app.init();
  const paths = ['/health/live', '/health/ready', '/metrics'];
  const answers = await Promise.all(paths.map((url) => app.inject({ url })));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([status, status, status]);
  const others = await Promise.all([
    app.inject({ url: '/nothing' }),
    app.inject({ url: '/metrics', method: 'POST' }),
    app.inject({ url: '/metrics', method: 'POST', payload: '{', headers: { 'content-type': 'application/json' } }),
  ]);
  const codes = others.map((answer) => [answer.headers['content-type'], answer.json<{ code: string }>().code]);
  expect(new Set(codes.map(([type]) => type))).toEqual(new Set(['application/problem+json']));
  const wrongMethod = hasOperationsApart ? 'route_not_found' : 'method_not_allowed';
  expect(codes.map(([, code]) => code)).toEqual(['route_not_found', wrongMethod, expect.any(String)]);
  expect(others[1].headers['allow']).toBe(hasOperationsApart ? undefined : 'GET, HEAD');
  await app.close();
});
