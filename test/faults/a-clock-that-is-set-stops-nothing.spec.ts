import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appNames } from '../../stack/apps.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { repositoryRoot } from '../support/source-tree.ts';
import { until } from '../support/until.ts';

const hourMs = 3_600_000;
/** Back by an hour, then to an hour ahead of what is true; a broker refuses records that lie further ahead than that. */
const stepsMs = [-hourMs, 2 * hourMs - 60_000];
const retryPolicy = { maxAttempts: 10, baseDelayMs: 2_000, maxDelayMs: 2_000, backoffFactor: 1, jitter: 0 };
const perSecond = 10;

let system: System;
let client: TestClient;
let receiver: RecordingReceiver;
let isSickWell = true;
/** Deliveries that came to the endpoint that fails now and then. */
const tried = new Set<string>();
/** By path, the deliveries that were answered with 200. */
const done = new Map<string, Set<string>>();

beforeAll(async () => {
  const clock = pathToFileURL(join(repositoryRoot, 'test', 'support', 'settable-clock.mjs')).href;
  system = await startSystem({
    env: {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${clock}`.trim(),
      TEST_CLOCK_STEPS_MS: stepsMs.join(','),
      API_RATE_LIMIT_PER_SECOND: '5',
      API_RATE_LIMIT_BURST_SECONDS: '4',
    },
  });
  client = await createClient(system);
  receiver = await startReceiver({
    respond: ({ path, headers }) => {
      const id = headers['webhook-id'] ?? '';
      // Every fourth fails at first: more of them would open the breaker.
      const failsFirst = path === '/retried' && !tried.has(id) && tried.size % 4 === 3;
      const isWell = path === '/sick' ? isSickWell : !failsFirst;
      if (path === '/retried') tried.add(id);
      if (isWell) of(done, path).add(id);
      return { status: isWell ? 200 : 503 };
    },
  });
  for (const [name, more] of [
    ['plain', {}],
    ['retried', { ordering: 'parallel' }],
    ['paced', { rateLimitPerSecond: perSecond, ordering: 'parallel' }],
    ['sick', {}],
  ] as const) {
    const url = `${receiver.url}/${name}`;
    await createWebhook(system, client, { url, eventTypes: [`test.${name}`], retryPolicy, ...more });
  }
}, 120_000);

afterAll(async () => {
  await system.stop();
  await receiver.close();
}, 60_000);

function publish(name: string, count: number): Promise<void> {
  return system.publish(Array.from({ length: count }, (_, n) => cloudEvent(client, { n }, { type: `test.${name}` })));
}

function of(sets: Map<string, Set<string>>, path: string): Set<string> {
  const set = sets.get(path) ?? new Set<string>();
  sets.set(path, set);
  return set;
}

function delivered(name: string): number {
  return of(done, `/${name}`).size;
}

async function asked(): Promise<number> {
  return (await system.api('GET', '/v1/webhooks', undefined, client.key)).status;
}

/** Milliseconds until it is so, by a clock that nobody sets. */
async function timed(what: string, timeoutMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  await until(condition, { timeoutMs, what });
  process.stdout.write(`  ${what}: ${Math.round(performance.now() - startedAt)} ms\n`);
}

test.each([
  ['back by an hour', 1],
  ['forward to an hour ahead', 2],
])(
  'the clock is set %s: deliveries, retries, rates, breakers and the API go on',
  async (_name, round) => {
    isSickWell = false;
    await publish('sick', 6);
    const opened = () => system.logs('dispatcher').filter((line) => line.includes('"state":"open"')).length;
    await timed('the breaker opens', 15_000, () => opened() >= round);
    await publish('paced', 40);
    await publish('retried', 8);
    await until(() => tried.size === 16 * round - 8, { timeoutMs: 5_000 });
    await until(async () => (await asked()) === 429, { timeoutMs: 5_000, everyMs: 0 });

    for (const app of appNames) process.kill(system.pid(app) ?? NaN, 'SIGUSR2');
    isSickWell = true;
    const before = { paced: delivered('paced'), at: performance.now() };
    await Promise.all([publish('plain', 20), publish('retried', 8), publish('paced', 20)]);
    const pace = timed('a rate', 15_000, () => delivered('paced') === 60 * round);
    await Promise.all([
      pace.then(() => {
        const fastestMs = (1_000 * (60 * round - before.paced)) / perSecond;
        expect(performance.now() - before.at).toBeGreaterThan(fastestMs * 0.8);
      }),
      timed('the API', 5_000, async () => (await asked()) === 200),
      timed('deliveries', 5_000, () => delivered('plain') === 20 * round),
      timed('retries', 8_000, () => delivered('retried') === 16 * round),
      timed('a breaker and all that waited for it', 20_000, () => delivered('sick') === 6 * round),
    ]);
    const isReady = async () => {
      const reports = await Promise.all(appNames.map((app) => fetch(`${system.url(app)}/health/ready`)));
      return reports.every(({ ok }) => ok);
    };
    await until(isReady, { timeoutMs: 5_000 });
    expect(system.unexpectedDeaths).toEqual([]);
  },
  60_000,
);
