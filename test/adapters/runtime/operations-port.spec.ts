/** With OPERATIONS_PORT, health and metrics are on that port only, and an app that has nothing else listens on no other. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AppProcess } from '../../../stack/app-process.ts';
import { appScript, type AppName } from '../../../stack/apps.ts';
import { freePorts } from '../../../stack/ports.ts';
import { startSystem, type System } from '../../support/app-harness.ts';

let system: System;
const started: AppProcess[] = [];

beforeAll(async () => {
  system = await startSystem({ apps: ['management-api'] });
}, 120_000);

afterAll(async () => {
  await Promise.all(started.map((app) => app.stop(10_000)));
  await system.stop();
}, 60_000);

/** Another process of an app, with a port for operations; ready on it. */
async function startApart(app: AppName) {
  const [port = 0, operationsPort = 0] = await freePorts(2);
  const process = new AppProcess({
    name: app,
    script: appScript(app),
    port: operationsPort,
    env: {
      ...globalThis.process.env,
      ...system.env,
      KAFKA_INSTANCE_ID: `${app}-apart`,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      OPERATIONS_PORT: String(operationsPort),
    },
    onLine: () => undefined,
    onDeath: () => undefined,
  });
  started.push(process);
  process.start();
  await process.untilReady(60_000);
  return { api: `http://127.0.0.1:${port}`, operations: `http://127.0.0.1:${operationsPort}` };
}

const operationsPaths = ['/health/live', '/health/ready', '/metrics'];
const statusesOf = (url: string, paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => (await fetch(`${url}${path}`)).status));

test('by default they are on the port of the app', async () => {
  expect(await statusesOf(system.url('management-api'), operationsPaths)).toEqual([200, 200, 200]);
});

test('of the management API the public port knows them no more, and the other one nothing else', async () => {
  const { api, operations } = await startApart('management-api');
  expect(await statusesOf(operations, operationsPaths)).toEqual([200, 200, 200]);
  expect(await statusesOf(operations, ['/v1/webhooks', '/openapi.json', '/'])).toEqual([404, 404, 404]);
  expect(await statusesOf(api, [...operationsPaths, '/%6detrics', '//metrics', '/METRICS'])).toEqual([
    404, 404, 404, 404, 404, 404,
  ]);
  expect(await statusesOf(api, ['/v1/webhooks', '/openapi.json'])).toEqual([401, 200]);
  const metrics = await (await fetch(`${operations}/metrics`)).text();
  expect(metrics).toMatch(/^webhooks_ready\{app="management-api"\} 1$/m);
}, 90_000);

test('an app that answers nothing else listens on that port only', async () => {
  const { api, operations } = await startApart('retry-scheduler');
  expect(await statusesOf(operations, operationsPaths)).toEqual([200, 200, 200]);
  await expect(fetch(`${api}/health/live`)).rejects.toThrow();
}, 90_000);
