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
  await app.close();
});
